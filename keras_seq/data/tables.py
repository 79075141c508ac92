"""Examples from `.tsv` and `.csv` files."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from keras_seq.data.collecting import Collector
from keras_seq.data.columns import choose_names, recognise
from keras_seq.data.examples import Examples, Skipped, Task
from keras_seq.data.reading import EMPTY_LINE, EMPTY_TEXT, as_label, raw_lines, read_lines
from keras_seq.errors import InputError

Rows = Iterator[tuple[int, list[str]]]  # the line on which a row begins, its cells
LONGEST_FIELD = 2**31 - 1  # the largest limit that the csv module takes on every platform


def read_table(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read a table of texts and labels; see `read_examples`."""
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    found = {column: Collector() for column in wanted}
    skipped = Skipped()
    places: dict[str, int] | None = None
    has_header = False
    for where, cells in table_rows(path, skipped):
        if places is None:
            places, has_header = _places(task, wanted, cells, chosen, path, where)
            if has_header:
                continue
        if not cells[places["text"]].strip():
            skipped.add(EMPTY_TEXT)
            continue
        for column, place in places.items():
            cell = cells[place]
            found[column].append(as_label(cell, where) if column == "label" else cell)
    if not len(found["text"]):
        reasons = ", ".join(f"{count} with {reason}" for reason, count in skipped.items())
        raise InputError(f"{path}: there are no examples in it{f' (skipped: {reasons})' if reasons else ''}.")
    columns = {name: column.column() for name, column in found.items()}
    if not has_header and "label" in columns:
        _refuse_a_header_among_the_rows(path, columns["label"], chosen)
    return Examples(columns, str(path), split, skipped)


def table_rows(path: Path, skipped: Skipped) -> Iterator[tuple[str, list[str]]]:
    """Rows of a `.csv` file, or of one with tabs: where they stand, as errors say it, and their cells.

    Rows without any text are counted as skipped.

    Raises:
        InputError: a row has not as many columns as the first.
    """
    width = 0
    rows = csv_rows(path, raw_lines(path)) if path.suffix.lower() == ".csv" else tsv_rows(path)
    for line, cells in rows:
        where = f"{path}, line {line}"
        if not any(cell.strip() for cell in cells):
            skipped.add(EMPTY_LINE)
            continue
        width = width or len(cells)
        if len(cells) != width:
            amount = "few" if len(cells) < width else "many"
            raise InputError(
                f"{where}: too {amount} columns. Expected: {width}, as in the first row. "
                f"Received: {len(cells)}.\n{separators(path)}"
            )
        yield where, cells


def tsv_rows(path: Path) -> Rows:
    """Rows of a table in which a tab always separates: quotation marks mean nothing."""
    return ((number, line.split("\t")) for number, line in enumerate(read_lines(path), start=1))


def csv_rows(path: Path, lines: Iterable[str]) -> Rows:
    """Rows of a comma-separated table in the sense of RFC 4180, of any size.

    Args:
        path: of the table, as errors name it.
        lines: of its text, with their ends.

    Raises:
        InputError: the quotation marks do not come in pairs (with the line where the row begins).
    """
    reader = csv.reader(lines, strict=True)
    line = 1
    while True:
        limit = csv.field_size_limit(LONGEST_FIELD)  # it is one for the whole process: leave it as it was
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}, line {line}: the quotation marks are not in order ({error}).\n"
                'A text with commas, quotes or line breaks stands in "…", with each quote inside doubled.'
            ) from error
        finally:
            csv.field_size_limit(limit)
        yield line, cells
        line = reader.line_num + 1


def _places(task: Task, wanted: tuple[str, ...], first: list[str], chosen: Mapping[str, str | None],
            path: Path, where: str) -> tuple[dict[str, int], bool]:  # fmt: skip
    """Where each wanted column stands, and whether the first row is a header."""
    names = [cell.strip() for cell in first]
    given = {column: chosen[column] for column in wanted if chosen.get(column) is not None}
    positions = {column: int(value) for column, value in given.items() if value.isdecimal()}
    for position in positions.values():
        if position >= len(names):
            raise InputError(
                f"{where}: there is no column {position}. Expected: 0 to {len(names) - 1}, or a name."
            )
    rest = [column for column in wanted if column not in positions]
    by_name = any(column in given for column in rest)
    has_header = by_name or all(recognise(column, task, names) for column in wanted)
    if has_header:
        found = choose_names(task, rest, names, given, where)
        return {c: positions[c] if c in positions else names.index(found[c]) for c in wanted}, True
    if len(names) < len(wanted):
        raise InputError(
            f"{where}: too few columns. Expected: {len(wanted)} ({', '.join(wanted)}). "
            f"Received: {len(names)}.\n{separators(path)}"
        )
    if not rest:
        return positions, False
    if len(names) > len(wanted) or positions:
        raise InputError(
            f"{where}: {len(names)} columns and no header with known names: which is the {rest[0]}?\n"
            f"Received: {', '.join(repr(name[:30]) for name in names[:6])}.\n"
            f"Say it by name, or by position from 0: {', '.join(f'--{column}-column' for column in wanted)}."
        )
    return {column: place for place, column in enumerate(wanted)}, False


def _refuse_a_header_among_the_rows(
    path: Path, labels: Sequence[str], chosen: Mapping[str, str | None]
) -> None:
    """A first row whose label never comes again, where all others come often, is a header in disguise."""
    counts = Counter(labels)
    first = labels[0]
    others = [count for label, count in counts.items() if label != first]
    if len(labels) >= 20 and counts[first] == 1 and min(others) >= 5 and chosen.get("label") is None:
        raise InputError(
            f"{path}: the first row looks like a header of unknown names: no other row has the label "
            f"{first!r}.\nName the columns with --text-column and --label-column; "
            "if the row is an example, give their positions, 0 and 1."
        )


def separators(path: Path) -> str:
    """What separates the columns, for a person whose table has other columns than expected."""
    if path.suffix.lower() == ".csv":
        return 'Columns are separated by commas; a text with commas stands in "…".'
    return "Columns are separated by tabs."
