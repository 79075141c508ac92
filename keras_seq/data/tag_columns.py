"""Tagged sentences from column files: one token a line, tags beside it, an empty line after a sentence."""

from collections.abc import Mapping
from pathlib import Path

from keras_seq.data.examples import Examples, Task
from keras_seq.data.reading import lines_of, read_text
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
    lines = lines_of(read_text(path))
    numbers, kept = [], []
    for number, line in enumerate(lines, start=1):
        if line.startswith(DOCUMENT):
            found.skipped.add(f"{DOCUMENT} line")
        elif line.strip():
            numbers.append(number)
            kept.append(line)
    rows = dict(zip(numbers, _rows(kept), strict=True))
    width = len(rows[numbers[0]]) if rows else 0
    place = _place(path, chosen.get("tags"), numbers[0], width) if rows and labelled else None
    tokens: list[str] = []
    tags: list[str] = []
    for number in range(1, len(lines) + 2):
        if number in rows:
            row = rows[number]
            where = f"{path}, line {number}"
            _check(where, row, width, rows[numbers[0]])
            tokens.append(_filled(row[0], "token", where))
            if place is not None:
                tags.append(_filled(row[place], "tag", where))
        elif tokens:
            found.add(tokens=tokens, tags=tags)
            tokens, tags = [], []
    return found.examples(str(path), split)


def _rows(lines: list[str]) -> list[list[str]]:
    """The cells of each line."""
    by_tabs = [[cell.strip(" ") for cell in line.split("\t")] for line in lines]
    widths = {len(row) for row in by_tabs}
    if len(widths) == 1 and widths != {1} and not any(" " in cell for row in by_tabs for cell in row[1:]):
        return by_tabs
    # Only tabs and spaces separate: some corpora have tokens that are a no-break space.
    return [[cell for cell in line.replace("\t", " ").split(" ") if cell] for line in lines]


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


def _check(where: str, row: list[str], width: int, first: list[str]) -> None:
    if len(row) != width:
        amount = "few" if len(row) < width else "many"
        raise InputError(
            f"{where}: too {amount} columns. Expected: {width}, as in the first row, "
            f"{' '.join(first)[:40]!r}. Received: {len(row)}, {' '.join(row)[:40]!r}.\n"
            "Columns are separated by tabs or spaces; a token that holds a space needs tabs in every row."
        )


def _filled(cell: str, what: str, where: str) -> str:
    if not cell:
        raise InputError(f"{where}: the {what} is empty. Expected: a token and its tag on every line.")
    return cell
