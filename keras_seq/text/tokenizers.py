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

With `keep_spaces` (not for "spaces") the tokens also say where spaces stood, so that `join` gives the text
back, as `single_spaced` writes it:

    words       "▁" begins a token that stands after a space, or begins the text
    characters  "▁" is a token of its own for each run of spaces inside the text
    subwords    "▁" begins a chunk as it begins a word, instead of every chunk

A text that begins with a letter of a script without spaces begins without "▁": 好 is the same token there as
everywhere else.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
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
    class_of,
    clean,
    decode,
    single_spaced,
)

__all__ = [
    "TOKENIZERS", "WORD_START",
    "CharacterTokenizer", "SpaceTokenizer", "SubwordTokenizer", "Token", "Tokenizer", "WordTokenizer",
    "get_tokenizer", "join",
]  # fmt: skip

WORD_START = "▁"  # U+2581; in a text it is SPACE, so no token can hold it by accident


class Token(NamedTuple):
    """A piece of a text: `tokenizer.clean(text[start:end]) == text` but for "▁"; offsets in code points."""

    text: str
    start: int
    end: int


def join(tokens: Iterable[str]) -> str:
    """The text of tokens that say where spaces stood.

    Example:
        >>> join(WordTokenizer(keep_spaces=True).tokens("Well, it's  好 看!"))
        "well, it's 好 看!"
    """
    return "".join(tokens).replace(WORD_START, " ").strip(" ")


@functools.cache
def _expression(kind: str, below: int, mark: str = "") -> re.Pattern[str]:
    """The rule of a tokenizer, for texts whose code points are all lower than `below`, but for `mark`.

    With a mark, which stands for the spaces of the text, each token takes the mark before it along; with
    "characters" the mark is a token.
    """
    word, unspaced, joiner, flag, extend, loose = (
        character_set(*classes, below=below)
        for classes in ((WORD,), (UNSPACED,), (JOINER,), (FLAG,), (EXTEND,), (SYMBOL, JOINER))
    )
    # A symbol, and what zero-width joiners glue to it. A mark that gets here has nothing to stand on.
    symbol = f"(?:{loose}|{extend}){extend}*(?:(?<={ZERO_WIDTH_JOINER}){loose}{extend}*)*"
    pair = f"{flag}{flag}?{extend}*"
    run = f"{word}(?:{character_set(WORD, EXTEND, below=below)})*"
    joined = f"{run}(?:{joiner}{run})*"
    stretch = f"{unspaced}(?:{character_set(UNSPACED, EXTEND, below=below)})*"
    visible = character_set(WORD, UNSPACED, SYMBOL, JOINER, FLAG, EXTEND, below=below)
    rule = {
        "words": (joined, f"{unspaced}{extend}*", symbol, pair),
        "characters": (f"{word}{extend}*", f"{unspaced}{extend}*", symbol, pair),
        "spaces": (f"{visible}+",),
        "subwords": (joined, stretch, symbol, pair),
    }
    tokens = "|".join(rule[kind])
    if mark:
        tokens = f"{mark}|{tokens}" if kind == "characters" else f"{mark}?(?:{tokens})"
    return re.compile(tokens)


class Tokenizer:
    """What the tokenizers have in common; make one with `get_tokenizer` or by its own name.

    Args:
        lowercase: fold capitals to small letters, one to one, in the scripts that have them.
        keep_spaces: let the tokens say where spaces stood.
    """

    kind: str

    def __init__(self, lowercase: bool = True, keep_spaces: bool = False):
        self.lowercase = bool(lowercase)
        self.keep_spaces = bool(keep_spaces)

    def tokens(self, text: str | bytes) -> list[str]:
        """The texts of the tokens: what `split` gives, without offsets and several times as fast."""
        return self._found(self.clean(decode(text)))

    def clean(self, text: str) -> str:
        """The text as it is cut: folded, and without what no tokenizer sees.

        Where spaces are kept, so are apostrophes.
        """
        return clean(text, self.lowercase, apostrophes=not self.keep_spaces)

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
        cleaned = self.clean(text)
        spans = self._spans(cleaned)
        if len(cleaned) == len(text):
            return [Token(*span) for span in spans]
        seen = [i for i, character in enumerate(text) if CLASSES[ord(character)] != IGNORED]
        # An empty span (a lone word start) has no last character: it ends where it starts.
        return [
            Token(token, seen[start], seen[end - 1] + 1 if end > start else seen[start])
            for token, start, end in spans
        ]

    def _found(self, cleaned: str) -> list[str]:
        if not self.keep_spaces:
            return self._rule(cleaned).findall(cleaned)
        rule = self._rule(cleaned, WORD_START)
        marked = single_spaced(cleaned, WORD_START)
        return rule.findall(WORD_START + marked if self._marks_start(marked) else marked)

    def _spans(self, cleaned: str) -> Iterator[tuple[str, int, int]]:
        """(token, start, end); what `_found` finds, with its places."""
        behind = None  # the end of the token before
        for match in self._rule(cleaned).finditer(cleaned):
            token, start, end = match[0], *match.span()
            spaced = self._marks_start(token) if behind is None else start > behind
            if self.keep_spaces and spaced:
                if self.kind == "characters":
                    yield WORD_START, behind, start
                else:
                    token = WORD_START + token
            yield token, start, end
            behind = end

    def _marks_start(self, text: str) -> bool:
        """Whether a text's first token has "▁" before it, where spaces are kept."""
        return bool(text) and self.kind != "characters" and class_of(text[0]) != UNSPACED

    def _rule(self, cleaned: str, mark: str = "") -> re.Pattern[str]:
        # Most English text is ASCII, where the small rule says the same five times as fast.
        return _expression(self.kind, 0x80 if cleaned.isascii() else CODE_POINTS, mark)

    def __repr__(self) -> str:
        spaces = ", keep_spaces=True" if self.keep_spaces else ""
        return f"{type(self).__name__}(lowercase={self.lowercase}{spaces})"


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

    def __init__(self, lowercase: bool = True):
        super().__init__(lowercase)


class SubwordTokenizer(Tokenizer):
    """Known pieces of words: greedy longest match from the left.

    "▁" is put before every chunk (with `keep_spaces`: before those that stand after a space or begin the
    text), and from there on the longest piece that fits is taken again and again. A character that no piece
    covers becomes a token of its own, which no vocabulary of these pieces knows.

    Args:
        pieces: the known pieces, in any order; "▁" only as a piece's first character.
        lowercase: as in `Tokenizer`. The pieces must be folded the same way.
        keep_spaces: as in `Tokenizer`.

    Raises:
        InputError: for a piece that is empty or holds "▁" behind its start.

    Example:
        >>> SubwordTokenizer(["▁film", "s", "▁"]).tokens("Films?")
        ['▁film', 's', '▁', '?']
        >>> SubwordTokenizer(["▁film", "s", "▁"], keep_spaces=True).tokens("Films?")
        ['▁film', 's', '?']
    """

    kind = "subwords"
    _MOST_CUTS, _LONGEST_CHUNK = 200_000, 64  # of the memory of chunks already cut

    def __init__(self, pieces: Sequence[str], lowercase: bool = True, keep_spaces: bool = False):
        super().__init__(lowercase, keep_spaces)
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
        """The stretches of text that are cut into pieces, each by itself; where spaces are kept, with "▁"."""
        return super().tokens(text)

    def tokens(self, text: str | bytes) -> list[str]:
        return [piece for chunk in self.chunks(text) for piece in self._cut(chunk)]

    def _cut(self, chunk: str) -> list[str]:
        pieces = self._cuts.get(chunk)
        if pieces is None:
            pieces = list(self._pieces(chunk if self.keep_spaces else WORD_START + chunk))
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
        for chunk, start, _ in super()._spans(cleaned):
            for piece in self._cut(chunk):
                end = start + len(piece) - piece.startswith(WORD_START)
                yield piece, start, end
                start = end


TOKENIZERS = {one.kind: one for one in (WordTokenizer, CharacterTokenizer, SpaceTokenizer, SubwordTokenizer)}


def get_tokenizer(
    kind: str, lowercase: bool = True, pieces: Sequence[str] | None = None, keep_spaces: bool = False
) -> Tokenizer:
    """The tokenizer of that name.

    Args:
        kind: "words", "characters", "spaces" or "subwords".
        lowercase: fold capitals to small letters.
        pieces: the known pieces; for "subwords", and only there.
        keep_spaces: let the tokens say where spaces stood; not for "spaces".

    Raises:
        InputError: for an unknown kind, with the nearest known one; for pieces missing or out of place; for
            "spaces" that are to keep them.

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
    if kind == "spaces":
        if keep_spaces:
            raise InputError(
                "Tokens cannot keep the spaces of a text that is cut at its spaces.\n"
                "Received: tokenizer='spaces', keep_spaces=True\nUse 'words' or 'characters'."
            )
        return SpaceTokenizer(lowercase)
    if kind == "subwords":
        return SubwordTokenizer(pieces, lowercase, keep_spaces)
    return TOKENIZERS[kind](lowercase, keep_spaces)
