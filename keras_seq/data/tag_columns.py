"""Tagged sentences from column files: one token a line, tags beside it, an empty line after a sentence."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from keras_seq.data.examples import Examples, Task
from keras_seq.data.reading import read_lines
from keras_seq.data.sentences import Sentences
from keras_seq.errors import InputError

DOCUMENT = "-DOCSTART-"


def read_tag_columns(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read the first column as tokens and the last, or the chosen position from 0, as tags.

    Columns stand between tabs where tabs alone give every row as many columns (a token may then hold a
    space), and otherwise between any mixture of tabs and spaces. Lines that begin with -DOCSTART- mark
    documents; they are left out and counted.
    """
    labelled = split != "unlabelled"
    found = Sentences(*(("tokens", "tags") if labelled else ("tokens",)))
    cells = _by_tabs if _are_tabs_enough(path) else _by_spaces
    first: list[str] = []
    place = 0
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in enumerate(chain(read_lines(path), ("",)), start=1):
        if line.startswith(DOCUMENT):
            found.skipped.add(f"{DOCUMENT} line")
            line = ""
        if line.strip():
            row = cells(line)
            if not first:
                first, place = row, _place(path, chosen.get("tags"), number, len(row)) if labelled else 0
            if len(row) != len(first) or not row[0] or not row[place]:
                raise _wrong(f"{path}, line {number}", row, first)
            tokens.append(row[0])
            tags.append(row[place])
        elif tokens:
            found.add(tokens=tokens, tags=tags)
            tokens, tags = [], []
    return found.examples(str(path), split)


def _are_tabs_enough(path: Path) -> bool:
    """Whether tabs alone give every row as many columns, and nothing but tokens holds spaces."""
    width = 0
    for line in read_lines(path):
        if line.strip() and not line.startswith(DOCUMENT):
            tabs = line.count("\t")
            width = width or tabs
            if tabs != width or not tabs or (" " in line and any(" " in cell for cell in _by_tabs(line)[1:])):
                return False
    return True


def _by_tabs(line: str) -> list[str]:
    cells = line.split("\t")
    return [cell.strip(" ") for cell in cells] if " " in line else cells


def _by_spaces(line: str) -> list[str]:
    # Only tabs and spaces separate: some corpora have tokens that are a no-break space.
    return [cell for cell in line.replace("\t", " ").split(" ") if cell]


def _place(path: Path, given: str | None, line: int, width: int) -> int:
    """The position of the tags."""
    if given is None:
        if width < 2:
            raise InputError(
                f"{path}, line {line}: too few columns. Expected: a token and its tag, between tabs or "
                f"spaces. Received: {width}.\nOne token stands on a line; an empty line ends a sentence."
            )
        return width - 1
    if not given.isdecimal() or int(given) >= width:
        raise InputError(
            f"{path}, line {line}: there is no column {given}. Expected: 0 to {width - 1}, a position.\n"
            "Columns of such a file have no names; --tag-column counts them from 0, the token."
        )
    return int(given)


def _wrong(where: str, row: list[str], first: list[str]) -> InputError:
    if len(row) == len(first):
        what = "tag" if row[0] else "token"
        return InputError(f"{where}: the {what} is empty. Expected: a token and its tag on every line.")
    amount = "few" if len(row) < len(first) else "many"
    return InputError(
        f"{where}: too {amount} columns. Expected: {len(first)}, as in the first row, "
        f"{' '.join(first)[:40]!r}. Received: {len(row)}, {' '.join(row)[:40]!r}.\n"
        "Columns are separated by tabs or spaces; a token that holds a space needs tabs in every row."
    )
