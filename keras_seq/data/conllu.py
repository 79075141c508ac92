"""Tagged sentences from `.conllu` files: ten columns between tabs, an empty line after each sentence.

Reference: the CoNLL-U format of Universal Dependencies, https://universaldependencies.org/format.html
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain, compress
from pathlib import Path
from typing import NamedTuple

from keras_seq.data.examples import Examples, Skipped, Task
from keras_seq.data.reading import read_lines
from keras_seq.data.sentences import Sentences
from keras_seq.errors import InputError, did_you_mean

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
ID, FORM, UPOS, FEATS, MISC = (COLUMNS.index(name) for name in ("id", "form", "upos", "feats", "misc"))
UNKNOWN = "_"  # what stands in a column that nobody filled
RANGE, EMPTY_NODE = "multiword range: its words are read", "empty node: not in the text"
TEXT = re.compile(r"#\s*text\s*=\s*(.*)")


class Block(NamedTuple):
    """One sentence: the line on which it begins, its `# text`, its words, the ranges over them."""

    line: int
    text: str | None
    words: list[list[str]]
    ranges: dict[int, tuple[int, list[str]]]  # first word -> last word, the row


def read_conllu(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read words and one of their columns; see `read_examples`.

    The column is upos unless chosen: any other by name or position from 0, or a key of feats or misc
    ("Number", "NER"). Words that have no such key are tagged "_". Ranges such as 1-2 stand for their words
    and are left out; so are empty nodes such as 8.1, which are not in the text. Both are counted.
    """
    given = chosen.get("tags")
    labelled = split != "unlabelled"
    found = Sentences("tokens", *(("tags",) if labelled else ()), "text")
    filled = _filled(path)
    if filled and "form" not in filled:
        raise InputError(f"{path}: the words are not in this file: every one is {UNKNOWN!r}.")
    tag = _tagger(path, filled, given) if labelled else None
    for block in _blocks(path, found.skipped):
        tags = {"tags": [tag(row) for row in block.words]} if tag else {}
        found.add(tokens=[row[FORM] for row in block.words], text=block.text or _written(block), **tags)
    return found.examples(str(path), split)


def _blocks(path: Path, skipped: Skipped) -> Iterator[Block]:
    block = None
    for number, line in enumerate(chain(read_lines(path), ("",)), start=1):
        where = f"{path}, line {number}"
        if not line.strip():
            if block is not None:
                yield block
            block = None
            continue
        if block is None:
            block = Block(number, None, [], {})
        if line.startswith("#"):
            text = TEXT.match(line)
            block = block._replace(text=text[1].strip()) if text else block
            continue
        row = line.split("\t")
        if len(row) != len(COLUMNS):
            raise InputError(
                f"{where}: expected {len(COLUMNS)} columns between tabs. Received: {len(row)}, "
                f"{line[:60]!r}.\nA file of fewer columns is read as .conll."
            )
        if re.fullmatch(r"\d+-\d+", row[ID]):
            first, last = map(int, row[ID].split("-"))
            block.ranges[first] = (last, row)
            skipped.add(RANGE)
        elif re.fullmatch(r"\d+\.\d+", row[ID]):
            skipped.add(EMPTY_NODE)
        elif row[ID] == str(len(block.words) + 1):
            if not row[FORM].strip():
                raise InputError(f"{where}: the word is empty. Expected: a form in column 1.")
            block.words.append(row)
        else:
            raise InputError(
                f"{where}: expected word {len(block.words) + 1}, a range such as 1-2, or an empty node such "
                f"as 8.1. Received: {row[ID][:20]!r}.\nIs the empty line between two sentences missing?"
            )


def _words(path: Path) -> Iterator[list[str]]:
    """The rows of all words, in a pass of its own."""
    return (row for block in _blocks(path, Skipped()) for row in block.words)


def _filled(path: Path) -> list[str]:
    """The columns in which some word has anything; none where there are no words."""
    is_filled = [False] * len(COLUMNS)
    for row in _words(path):
        is_filled = [before or cell != UNKNOWN for before, cell in zip(is_filled, row, strict=True)]
    return list(compress(COLUMNS, is_filled))


def _tagger(path: Path, filled: list[str], given: str | None):
    """What reads the tag out of a row: a column, or a key in feats or misc."""
    name = "upos" if given is None else given
    if name.isdecimal() and int(name) < len(COLUMNS):
        name = COLUMNS[int(name)]
    if name.lower() in COLUMNS:
        if filled and name.lower() not in filled:
            raise InputError(
                f"{path}: column {name!r} is not filled: every word has {UNKNOWN!r} there.\n"
                f"Filled are: {', '.join(filled)}. Say which with --tag-column."
            )
        place = COLUMNS.index(name.lower())
        return lambda row: row[place]
    keys = {key for row in _words(path) for place in (FEATS, MISC) for key in _pairs(row[place])}
    if name not in keys:
        raise InputError(
            f"{path}: there is no column {name!r}, nor such a key in feats or misc. "
            f"{did_you_mean(name, [*COLUMNS, *sorted(keys)])}"
        )
    return lambda row: {**_pairs(row[MISC]), **_pairs(row[FEATS])}.get(name, UNKNOWN)


def _pairs(cell: str) -> dict[str, str]:
    """`Number=Sing|Person=3` as a mapping."""
    return dict(pair.split("=", 1) for pair in cell.split("|") if "=" in pair)


def _written(block: Block) -> str:
    """The sentence put together from its words, where no `# text` says it."""
    pieces, end = [], 0
    for number, row in enumerate(block.words, start=1):
        if number in block.ranges:
            end, row = block.ranges[number]
        elif number <= end:
            continue
        pieces.append(row[FORM] + ("" if _pairs(row[MISC]).get("SpaceAfter") == "No" else " "))
    return "".join(pieces).strip()
