"""Words and their letters: tokens to rows of ids, and as three plain files."""

import json
import os
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.files import write_atomically
from keras_seq.text.characters import clean, has_letter
from keras_seq.text.counting import count_tokens
from keras_seq.text.encoder import TOKENIZER_FILE, VOCABULARY_FILE
from keras_seq.text.folding import folded
from keras_seq.text.tokenizers import Token, get_tokenizer
from keras_seq.text.vocabulary import Vocabulary, read_text
from keras_seq.untrusted import parse_json

__all__ = ["CHARACTERS_FILE", "WordEncoder"]

CHARACTERS_FILE = "characters.txt"
_RULES = 1  # the version of what these files mean
_MOST_LETTERS = 1_000  # of a word that are read
_MOST_ROWS = 200_000  # of the memory of words already looked up


class WordEncoder:
    """Turns tokens into rows of ids: the word's, then those of its first letters.

    The word is looked up folded, its letters as they are: "Rome" and "rome" may be one word and still differ.

    Args:
        tokenizer: "words", "characters" or "spaces": what cuts a raw text into tokens, case kept.
        vocabulary: of folded words.
        characters: of letters; None for rows of the word alone.
        letters: L, how many letters of a word are read.
        lowercase, digits: how words are folded, see `keras_seq.text.folding`.

    Example:
        >>> encoder = WordEncoder.fit([["Rome", "in", "1998"], ["in", "Rome"]], letters=4)
        >>> encoder.encode(["Rome", "Paris"])
        array([[2, 3, 8, 6, 4],
               [1, 1, 1, 1, 5]], dtype=int32)
    """

    def __init__(
        self,
        tokenizer: str,
        vocabulary: Vocabulary,
        characters: Vocabulary | None = None,
        letters: int = 0,
        lowercase: bool = False,
        digits: bool = True,
    ):
        self.tokenizer = get_tokenizer(tokenizer, lowercase=False)
        self.vocabulary = vocabulary
        self.characters = characters
        self.letters = letters if characters else 0
        self.lowercase = lowercase
        self.digits = digits
        self._rows: dict[str, bytes] = {}

    @classmethod
    def fit(
        cls,
        sentences: Iterable[Sequence[str]],
        tokenizer: str = "words",
        vocabulary_size: int | None = None,
        minimum_count: int = 1,
        letters: int = 0,
        lowercase: bool = False,
        digits: bool = True,
    ) -> "WordEncoder":
        """Learns both vocabularies from tokens, in one pass.

        Letters that are seen once are left out, so that "other" is learnt too.

        Args:
            sentences: the tokens of each.
            vocabulary_size: the largest number of words, padding and unknown included; None for no limit.
            minimum_count: words rarer than this are unknown.
            tokenizer, letters, lowercase, digits: as above.

        Raises:
            InputError: no word is left.
        """
        counts = count_tokens(sentences)
        words: Counter[str] = Counter()
        for token, count in counts.items():
            words[folded(token, lowercase, digits)] += count
        del words[""]
        vocabulary = Vocabulary.from_counts(words, vocabulary_size, minimum_count)
        characters = None
        if letters:
            spelt: Counter[str] = Counter()
            for token, count in counts.items():
                for character in clean(token, False):
                    spelt[character] += count
            least = 2 if max(spelt.values()) > 1 else 1
            characters = Vocabulary.from_counts(spelt, minimum_count=least)
        return cls(tokenizer, vocabulary, characters, letters, lowercase, digits)

    @property
    def width(self) -> int:
        """Ids in a row: 1 + L."""
        return 1 + self.letters

    def split(self, text: str | bytes) -> list[Token]:
        """The tokens of a raw text with their place in it."""
        return self.tokenizer.split(text)

    def encode(self, tokens: Sequence[str]):
        """Rows of ids, int32 array `(len(tokens), 1 + L)`: 1 is unknown, 0 stands behind the last letter."""
        import numpy as np  # here: the rest of this room runs without

        if len(self._rows) > _MOST_ROWS:
            self._rows.clear()
        rows = bytearray()
        for token in tokens:
            row = self._rows.get(token)
            if row is None:
                row = self._rows[token] = array("i", self._row(token)).tobytes()
            rows += row
        return np.frombuffer(rows, np.int32).reshape(-1, self.width)

    def word_ids(self, tokens: Sequence[str]) -> list[int]:
        """Column 0 alone."""
        # A word that is spelt "[PAD]" is a word all the same.
        words = (folded(token, self.lowercase, self.digits) for token in tokens)
        return [max(1, one) for one in self.vocabulary.ids(words)]

    def reads(self, tokens: Iterable[str]) -> bool:
        """As `TextEncoder.reads`: a word is known by itself or by one of its letters."""
        lettered = list(filter(has_letter, tokens))
        return not lettered or any(max(self._row(token)) > 1 for token in lettered)

    def _row(self, token: str) -> list[int]:
        if not self.characters:
            return self.word_ids([token])
        # A word without a visible letter is a word all the same: "other" stands for it.
        letters = self.characters.ids(clean(token, False)[: self.letters]) or [1]
        return [*self.word_ids([token]), *letters, *[0] * (self.letters - len(letters))]

    def save(self, folder: str | os.PathLike) -> None:
        """Writes `vocabulary.txt`, `tokenizer.json` and, with letters, `characters.txt` into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder / VOCABULARY_FILE)
        if self.characters:
            self.characters.save(folder / CHARACTERS_FILE)
        settings = {
            "kind": self.tokenizer.kind,
            "lowercase": self.lowercase,
            "digits": self.digits,
            "letters": self.letters,
            "rules": _RULES,
        }
        with write_atomically(folder / TOKENIZER_FILE) as side:
            side.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "WordEncoder":
        """Reads what `save` wrote.

        Raises:
            InputError: naming the file (and line) that is missing or damaged.
        """
        folder = Path(folder)
        content = read_text(folder / TOKENIZER_FILE)
        try:
            settings = parse_json(content)
            values = [settings[name] for name in ("lowercase", "digits", "letters", "rules")]
            if [type(value) for value in values] != [bool, bool, int, int] or values[3] != _RULES:
                raise ValueError
            if not 0 <= values[2] <= _MOST_LETTERS:
                raise ValueError
            kind = get_tokenizer(settings["kind"]).kind
        except (ValueError, KeyError, TypeError, InputError):
            raise InputError(
                f'{folder / TOKENIZER_FILE}: expected {{"kind": "words", "lowercase": true, "digits": true, '
                f'"letters": 20, "rules": {_RULES}}} or the like.\nReceived: {content!r:.80}\n'
                "If a newer keras_seq wrote it, install that one; else restore the file."
            ) from None
        lowercase, digits, letters, _ = values
        characters = Vocabulary.load(folder / CHARACTERS_FILE) if letters else None
        vocabulary = Vocabulary.load(folder / VOCABULARY_FILE)
        return cls(kind, vocabulary, characters, letters, lowercase, digits)

    def __repr__(self) -> str:
        letters = f", {self.characters} of {self.letters} letters" if self.characters else ""
        return f"WordEncoder({self.tokenizer.kind}, {self.vocabulary}{letters})"
