"""Tokens to ids and back: a list, where the place is the id."""

import os
from collections.abc import Iterable, Sequence
from itertools import repeat
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.files import write_atomically
from keras_seq.text.counting import count_tokens

__all__ = ["END", "PADDING", "UNKNOWN", "Vocabulary"]

PADDING = "[PAD]"  # id 0: behind the end of a text
UNKNOWN = "[UNK]"  # id 1: "other", whatever the vocabulary does not know
END = "[END]"  # id 2 where a vocabulary has it: behind the last token of a text that is written

_SPECIAL = [PADDING, UNKNOWN]


class Vocabulary:
    """A fixed list of tokens; a token's place in it is its id.

    Id 0 is "[PAD]" and id 1 is "[UNK]"; where texts are written, as in translation, id 2 is "[END]". No
    tokenizer that cuts words makes any of them from a text. As a file it is plain UTF-8 text, one token a
    line, and the line number counted from 0 is the id.

    Args:
        tokens: the tokens by id. The special ones stand first or are left out, then they are put there.
        end: whether "[END]" is one of the special ones; tokens that have it as id 2 say so themselves.

    Raises:
        InputError: for a token that is twice in the list, empty, or that a line of a text file cannot hold.

    Example:
        >>> vocabulary = Vocabulary(["good", "film"])
        >>> vocabulary.ids(["good", "old", "film"]), len(vocabulary)
        ([2, 1, 3], 4)
    """

    def __init__(self, tokens: Sequence[str] = (), end: bool = False):
        tokens, special = list(tokens), _special(end)
        self.tokens: list[str] = tokens if tokens[: len(special)] == special else special + tokens
        fault = _fault(self.tokens)
        if fault:
            raise InputError(f"These tokens make no vocabulary: {fault[1]}, as id {fault[0]}.")
        self._index = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def build(
        cls,
        token_lists: Iterable[Iterable[str]],
        limit: int | None = None,
        minimum_count: int = 1,
        end: bool = False,
    ) -> "Vocabulary":
        """The most frequent tokens of a corpus, in one pass; equally frequent ones by their text.

        Args:
            token_lists: the tokens of each text; any iterable, read once.
            limit: the largest length of the vocabulary, its special tokens included; None for no limit.
            minimum_count: tokens rarer than this are left out.
            end: whether "[END]" is one of the special tokens.

        Raises:
            InputError: for a limit that leaves no room, or if no token remains.

        Example:
            >>> Vocabulary.build([["b", "a", "b"], ["c", "a"]], limit=4).tokens
            ['[PAD]', '[UNK]', 'a', 'b']
        """
        return cls.from_counts(count_tokens(token_lists), limit, minimum_count, end)

    @classmethod
    def from_counts(
        cls,
        counts: dict[str, int],
        limit: int | None = None,
        minimum_count: int = 1,
        end: bool = False,
    ) -> "Vocabulary":
        """As `build`, from tokens that are counted already."""
        special = _special(end)
        if limit is not None and limit <= len(special):
            raise InputError(
                f"A vocabulary must have room for more than its special tokens {' and '.join(special)}.\n"
                f"Received: limit={limit}"
            )
        often = [token for token, count in counts.items() if count >= minimum_count]
        if not often:
            raise InputError(
                "No token is left for the vocabulary: the texts are empty, or all tokens are too rare.\n"
                f"Received: {len(counts)} different tokens, minimum_count={minimum_count}"
            )
        often.sort(key=lambda token: (-counts[token], token))
        return cls(special + often[: None if limit is None else limit - len(special)])

    @property
    def end_id(self) -> int | None:
        """The id of "[END]", 2; None in a vocabulary without it."""
        return len(_SPECIAL) if self.tokens[len(_SPECIAL) : len(_SPECIAL) + 1] == [END] else None

    @property
    def learned(self) -> list[str]:
        """The tokens behind the special ones."""
        return self.tokens[len(_special(self.end_id is not None)) :]

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The id of each token; 1 for one that is not known."""
        return list(map(self._index.get, tokens, repeat(1)))

    def save(self, path: str | os.PathLike) -> None:
        """Writes the file, whole or not at all."""
        with write_atomically(path) as side:
            side.write_bytes("".join(f"{token}\n" for token in self.tokens).encode())

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Reads what `save` wrote.

        Raises:
            InputError: naming file and line, for a missing or damaged file.
        """
        *lines, rest = read_text(path).split("\n")
        again = "Restore the file from where the model came from."
        for line, special in enumerate(_SPECIAL, 1):
            found = lines[line - 1] if line <= len(lines) else "the end of the file"
            if found != special:
                received = f"Received: {found!r:.80}"
                raise InputError(f"{path}, line {line}: expected {special}.\n{received}\n{again}")
        fault = _fault(lines)
        if fault:
            raise InputError(f"{path}, line {fault[0] + 1}: {fault[1]}; expected one token a line.\n{again}")
        if rest:
            raise InputError(
                f"{path}, line {len(lines) + 1}: the file is cut off, its last line has no end.\n"
                f"Received: {rest!r:.80}\n{again}"
            )
        return cls(lines)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    __hash__ = None

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens)"


def _special(end: bool) -> list[str]:
    return [*_SPECIAL, END] if end else _SPECIAL


def _fault(tokens: list[str]) -> tuple[int, str] | None:
    """The first id whose token cannot stand, and why."""
    seen: dict[str, int] = {}
    for i, token in enumerate(tokens):
        if not token:
            return i, "an empty token"
        if "\n" in token or "\r" in token:
            return i, f"a line break in the token {token!r:.80}"
        if not token.isascii() and any("\ud800" <= character <= "\udfff" for character in token):
            return i, f"half a surrogate pair in the token {token!r:.80}"
        if token in seen:
            return i, f"the token {token!r:.80} is id {seen[token]} already"
        seen[token] = i
    return None


def read_text(path: str | os.PathLike) -> str:
    """A UTF-8 file; line breaks stay as they are.

    Raises:
        InputError: if it cannot be read, or at the first line that is not UTF-8.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: not UTF-8 text.\nReceived: {content[error.start : error.start + 8]!r}"
        ) from None
