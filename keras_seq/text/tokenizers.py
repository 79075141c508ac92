"""Text to tokens: words, characters, what stands between spaces, or subwords.

A tokenizer is one regular expression over the classes of `keras_seq.text.characters`. Its TensorFlow twin in
`keras_seq.export.graph_text` follows the same classes with tensor operators; a test holds the two together.

    words       runs of WORD characters with the apostrophes between them; every other visible character alone
    characters  every visible character alone
    spaces      runs of visible characters
    subwords    as words, but letters of scripts without spaces stay together; then each such chunk is cut
                into the longest known pieces from left to right, "▁" standing before the first

In all of them, marks stay with their character, an emoji family is one token and so is a flag.
Every character of the text that is neither SPACE nor IGNORED belongs to exactly one token.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keras_seq.errors import InputError, nearest
from keras_seq.text.characters import (
    CLASSES,
    CODE_POINTS,
    EXTEND,
    FLAG,
    IGNORED,
    JOINER,
    SYMBOL,
    UNSPACED,
    WORD,
    ZERO_WIDTH_JOINER,
    character_set,
    clean,
    decode,
)

__all__ = [
    "TOKENIZERS", "WORD_START",
    "CharacterTokenizer", "SpaceTokenizer", "SubwordTokenizer", "Token", "Tokenizer", "WordTokenizer",
    "get_tokenizer",
]  # fmt: skip

WORD_START = "▁"  # U+2581; in a text it is SPACE, so no token can hold it by accident


class Token(NamedTuple):
    """A piece of a text: `clean(text[start:end]) == token.text`, offsets in code points."""

    text: str
    start: int
    end: int


@functools.cache
def _expression(kind: str, below: int) -> re.Pattern[str]:
    """The rule of a tokenizer, for texts whose code points are all lower than `below`."""
    word, unspaced, joiner, flag, mark, loose = (
        character_set(*classes, below=below)
        for classes in ((WORD,), (UNSPACED,), (JOINER,), (FLAG,), (EXTEND,), (SYMBOL, JOINER))
    )
    # A symbol, and what zero-width joiners glue to it. A mark that gets here has nothing to stand on.
    symbol = f"(?:{loose}|{mark}){mark}*(?:(?<={ZERO_WIDTH_JOINER}){loose}{mark}*)*"
    pair = f"{flag}{flag}?{mark}*"
    run = f"{word}(?:{character_set(WORD, EXTEND, below=below)})*"
    joined = f"{run}(?:{joiner}{run})*"
    stretch = f"{unspaced}(?:{character_set(UNSPACED, EXTEND, below=below)})*"
    visible = character_set(WORD, UNSPACED, SYMBOL, JOINER, FLAG, EXTEND, below=below)
    rule = {
        "words": (joined, f"{unspaced}{mark}*", symbol, pair),
        "characters": (f"{word}{mark}*", f"{unspaced}{mark}*", symbol, pair),
        "spaces": (f"{visible}+",),
        "subwords": (joined, stretch, symbol, pair),
    }
    return re.compile("|".join(rule[kind]))


class Tokenizer:
    """What the tokenizers have in common; make one with `get_tokenizer` or by its own name.

    Args:
        lowercase: fold capitals to small letters, one to one, in the scripts that have them.
    """

    kind: str

    def __init__(self, lowercase: bool = True):
        self.lowercase = bool(lowercase)

    def tokens(self, text: str | bytes) -> list[str]:
        """The texts of the tokens: what `split` gives, without offsets and several times as fast."""
        cleaned = clean(decode(text), self.lowercase)
        return self._rule(cleaned).findall(cleaned)

    def split(self, text: str | bytes) -> list[Token]:
        """The tokens with their place in the text.

        Args:
            text: a str, which may hold lone surrogates, or UTF-8 bytes, which may be malformed.

        Returns:
            list of `Token(text, start, end)`; offsets count code points of the (decoded) text.

        Example:
            >>> WordTokenizer().split("A good film!")[1:3]
            [Token(text='good', start=2, end=6), Token(text='film', start=7, end=11)]
        """
        text = decode(text)
        cleaned = clean(text, self.lowercase)
        spans = self._spans(cleaned)
        if len(cleaned) == len(text):
            return [Token(*span) for span in spans]
        seen = [i for i, character in enumerate(text) if CLASSES[ord(character)] != IGNORED]
        # An empty span (a lone word start) has no last character: it ends where it starts.
        return [
            Token(token, seen[start], seen[end - 1] + 1 if end > start else seen[start])
            for token, start, end in spans
        ]

    def _spans(self, cleaned: str) -> Iterator[tuple[str, int, int]]:
        return ((match[0], *match.span()) for match in self._rule(cleaned).finditer(cleaned))

    def _rule(self, cleaned: str) -> re.Pattern[str]:
        # Most English text is ASCII, where the small rule says the same five times as fast.
        return _expression(self.kind, 0x80 if cleaned.isascii() else CODE_POINTS)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lowercase={self.lowercase})"


class WordTokenizer(Tokenizer):
    """Words of spaced scripts; single letters of scripts without spaces, so Chinese works as it is.

    Example:
        >>> WordTokenizer().tokens("Don't miss this 很好看 film!")
        ["don't", 'miss', 'this', '很', '好', '看', 'film', '!']
    """

    kind = "words"


class CharacterTokenizer(Tokenizer):
    """Every visible character, with the marks that belong to it.

    Example:
        >>> CharacterTokenizer().tokens("It's 好!")
        ['i', 't', "'", 's', '好', '!']
    """

    kind = "characters"


class SpaceTokenizer(Tokenizer):
    """What stands between spaces: for texts that were cut into words before.

    Example:
        >>> SpaceTokenizer().tokens("我们 喜欢 电影 。")
        ['我们', '喜欢', '电影', '。']
    """

    kind = "spaces"


class SubwordTokenizer(Tokenizer):
    """Known pieces of words: greedy longest match from the left.

    "▁" is put before every chunk, and from there on the longest piece that fits is taken again and again. A
    character that no piece covers becomes a token of its own, which no vocabulary of these pieces knows.

    Args:
        pieces: the known pieces, in any order; "▁" only as a piece's first character.
        lowercase: as in `Tokenizer`. The pieces must be folded the same way.

    Raises:
        InputError: for a piece that is empty or holds "▁" behind its start.

    Example:
        >>> SubwordTokenizer(["▁film", "s", "▁"]).tokens("Films?")
        ['▁film', 's', '▁', '?']
    """

    kind = "subwords"
    _MOST_CUTS, _LONGEST_CHUNK = 200_000, 64  # of the memory of chunks already cut

    def __init__(self, pieces: Sequence[str], lowercase: bool = True):
        super().__init__(lowercase)
        for piece in pieces:
            if not piece or WORD_START in piece[1:]:
                raise InputError(
                    f'A subword piece must not be empty, nor hold "{WORD_START}" behind its start.\n'
                    f"Received: {piece!r}"
                )
        self.pieces = list(pieces)
        self._known = frozenset(pieces)
        self._longest = max(map(len, pieces), default=1)
        self._cuts: dict[str, list[str]] = {}

    def chunks(self, text: str | bytes) -> list[str]:
        """The stretches of text that are cut into pieces, each by itself."""
        return super().tokens(text)

    def tokens(self, text: str | bytes) -> list[str]:
        return [piece for chunk in self.chunks(text) for piece in self._cut(chunk)]

    def _cut(self, chunk: str) -> list[str]:
        pieces = self._cuts.get(chunk)
        if pieces is None:
            pieces = list(self._pieces(WORD_START + chunk))
            if len(chunk) <= self._LONGEST_CHUNK:
                if len(self._cuts) >= self._MOST_CUTS:
                    self._cuts.clear()
                self._cuts[chunk] = pieces
        return pieces

    def _pieces(self, marked: str) -> Iterator[str]:
        start = 0
        while start < len(marked):
            longest = min(self._longest, len(marked) - start)
            fitting = (marked[start : start + size] for size in range(longest, 1, -1))
            piece = next((piece for piece in fitting if piece in self._known), marked[start])
            yield piece
            start += len(piece)

    def _spans(self, cleaned: str) -> Iterator[tuple[str, int, int]]:
        for match in self._rule(cleaned).finditer(cleaned):
            start = match.start()
            for piece in self._cut(match[0]):
                end = start + len(piece) - piece.startswith(WORD_START)
                yield piece, start, end
                start = end


TOKENIZERS = {one.kind: one for one in (WordTokenizer, CharacterTokenizer, SpaceTokenizer, SubwordTokenizer)}


def get_tokenizer(kind: str, lowercase: bool = True, pieces: Sequence[str] | None = None) -> Tokenizer:
    """The tokenizer of that name.

    Args:
        kind: "words", "characters", "spaces" or "subwords".
        lowercase: fold capitals to small letters.
        pieces: the known pieces; for "subwords", and only there.

    Raises:
        InputError: for an unknown kind, with the nearest known one; for pieces missing or out of place.

    Example:
        >>> get_tokenizer("characters").tokens("很好")
        ['很', '好']
    """
    if not isinstance(kind, str) or kind not in TOKENIZERS:
        near = nearest(kind, TOKENIZERS, most=1)
        raise InputError(f"No tokenizer has this name.\nReceived: tokenizer={kind!r}\nDid you mean {near}?")
    if (kind == "subwords") != (pieces is not None):
        need = "needs its pieces (TextEncoder.fit learns them)" if pieces is None else "takes no pieces"
        raise InputError(f"The tokenizer {kind!r} {need}.\nReceived: pieces={pieces!r:.80}")
    return SubwordTokenizer(pieces, lowercase) if kind == "subwords" else TOKENIZERS[kind](lowercase)
