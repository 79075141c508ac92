"""Columns that hold a list of strings an example: are they that, and equally long?"""

from collections.abc import Mapping, Sequence
from numbers import Integral

from keras_seq.data.collecting import SpooledColumn, collect
from keras_seq.data.examples import Task
from keras_seq.errors import InputError


def check_sequences(task: Task, columns: Mapping[str, Sequence]) -> dict[str, Sequence]:
    """Return the columns of a task as given in Python, with lists of strings where it wants sequences.

    Args:
        task: the task; columns that are not among its sequences pass as they are.
        columns: column -> one value an example. Tags and labels may be whole numbers: they become strings.

    Raises:
        InputError: an example's value is no list of strings, is empty, or not as long as the others.
    """
    checked = {
        name: collect(_strings(name, place, value) for place, value in enumerate(column))
        if name in task.sequences
        else _values(column)
        for name, column in columns.items()
    }
    names = [name for name in task.sequences if name in checked]
    for place, values in enumerate(zip(*(checked[name] for name in names), strict=True)):
        lengths = dict(zip(names, map(len, values), strict=True))
        if len(set(lengths.values())) > 1:
            received = ", ".join(f"{length} {name}" for name, length in lengths.items())
            raise InputError(
                f"Example {place}: expected as many {names[1]} as {names[0]}. Received: {received}."
            )
        if not values[0]:
            raise InputError(f"Example {place} is empty. Expected: at least one of {names[0]}.")
    return checked


def _values(column: Sequence) -> Sequence:
    """A column of no lists; files and JSON know labels as text."""
    if isinstance(column, SpooledColumn):
        return column
    return [str(each) if isinstance(each, Integral) else each for each in column]


def _strings(name: str, place: int, value: object) -> list[str]:
    if not isinstance(value, (str, bytes)) and hasattr(value, "__len__"):
        items = [str(item) if isinstance(item, Integral) else item for item in value]
        if all(isinstance(item, str) for item in items):
            return items
    raise InputError(
        f"Example {place}: expected {name} as a list of strings. "
        f"Received: {type(value).__name__} {str(value)[:40]!r}."
    )
