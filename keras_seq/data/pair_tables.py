"""Pairs of sentences from tables: `.tsv`, `.txt` with tabs, `.csv`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_seq.data.columns import recognise
from keras_seq.data.examples import Examples, Task
from keras_seq.data.languages import choose_languages, direction_notes, flags_of, is_language, own_order
from keras_seq.data.pairs import Pairs
from keras_seq.data.tables import separators, table_rows
from keras_seq.errors import InputError

Chosen = Mapping[str, str | None]


def read_pair_table(path: Path, task: Task, split: str, chosen: Chosen) -> Examples:
    """Read the two columns that were chosen, by name or by position from 0; without a choice the first two.

    Further columns, such as the attribution of Tatoeba's sentences, are not read. The first row is a header
    where it holds a name that was chosen, "source" and "target" or the like, or two names of languages.
    """
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    pairs = Pairs(*wanted)
    places: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    for where, cells in table_rows(path, pairs.skipped):
        if not places:
            places, has_header, notes = _places(task, wanted, cells, chosen, path, where)
            if has_header:
                continue
        pairs.add(**{column: cells[place] for column, place in places.items()})
    return pairs.examples(str(path), split, notes)


def _places(
    task: Task, wanted: tuple[str, ...], first: Sequence[str], chosen: Chosen, path: Path, where: str
) -> tuple[dict[str, int], bool, tuple[str, ...]]:
    """Where each wanted column stands, whether the first row is a header, and what to say about it."""
    names = [cell.strip() for cell in first]
    if len(names) < len(wanted):
        raise InputError(
            f"{where}: too few columns. Expected: {' and '.join(wanted)}. Received: {len(names)}.\n"
            f"{separators(path)}"
        )
    if _is_header(task, wanted, names, chosen):
        by_name = {column: _name_at(given, names) for column, given in chosen.items()}
        order = own_order(task, wanted, names)
        found = choose_languages(task, wanted, names, by_name, where, order, "column")
        notes = direction_notes(task, found, chosen)
        return {column: names.index(found[column]) for column in wanted}, True, notes
    if not any(chosen.values()):
        _refuse_numbers(names[: len(wanted)], task, where)
    positions = [str(place) for place in range(len(names))]
    where = f"{where}, which names no columns"
    found = choose_languages(task, wanted, positions, chosen, where, positions, "column")
    return {column: int(found[column]) for column in wanted}, False, ()


def _is_header(task: Task, wanted: Sequence[str], names: Sequence[str], chosen: Chosen) -> bool:
    known = all(recognise(column, task, names) for column in wanted)
    spoken = {name for name in names if is_language(name)}
    called = any(given in names for given in chosen.values() if given and not given.isdecimal())
    return known or called or len(spoken) >= len(task.columns)


def _name_at(given: str | None, names: Sequence[str]) -> str | None:
    """The name of a column that was given by its position; other names as they are."""
    if given is None or not given.isdecimal() or int(given) >= len(names):
        return given
    return names[int(given)]


def _refuse_numbers(cells: Sequence[str], task: Task, where: str) -> None:
    """Numbers in the place of sentences are their numbers in a collection."""
    if any(cell.isdecimal() for cell in cells):
        raise InputError(
            f"{where}: expected sentences in the first columns. Received: {', '.join(map(repr, cells))}.\n"
            f"Say where the sentences stand, as positions from 0, with {flags_of(task)}."
        )
