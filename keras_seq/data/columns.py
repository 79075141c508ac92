"""Which of the columns at hand holds what a task needs."""

from collections.abc import Mapping, Sequence

from keras_seq.data.examples import Task
from keras_seq.errors import InputError, did_you_mean


def recognise(column: str, task: Task, names: Sequence[str]) -> str | None:
    """Return the one of `names` under which data usually carry this column of the task, or None."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    return next((folded[known] for known in task.columns[column] if known in folded), None)


def choose_names(task: Task, columns: Sequence[str], names: Sequence[str], chosen: Mapping[str, str | None],
                 where: str) -> dict[str, str]:  # fmt: skip
    """Find the columns of a task among named columns.

    Args:
        task: the task.
        columns: the columns of it that are wanted.
        names: the names at hand, in their order.
        chosen: the names a person gave, by column of the task; None or absent where the person gave none.
        where: what has these columns, as the error names it: "reviews.csv, line 1".

    Returns:
        column of the task -> one of `names`.

    Raises:
        InputError: a given name is not there (the nearest are offered), or nothing is recognised.
    """
    found: dict[str, str | None] = {}
    for column in columns:
        given = chosen.get(column)
        if given is None:
            found[column] = recognise(column, task, names)
        elif str(given) in names:
            found[column] = str(given)
        else:
            raise InputError(f"{where}: there is no column {str(given)!r}. {did_you_mean(str(given), names)}")
    missing = [column for column, name in found.items() if name is None]
    others = [name for name in names if name not in found.values()]
    if len(missing) == 1 and len(others) == 1 and len(found) == len(names):
        found[missing[0]] = others[0]  # the one that is left over
    elif missing:
        shown = ", ".join(map(repr, names[:12])) + (", …" if len(names) > 12 else "")
        raise InputError(
            f"{where}: no column is recognised as the {missing[0]}. Received: columns {shown}.\n"
            f"Say which it is with {task.flag(missing[0])}."
        )
    return {column: name for column, name in found.items() if name is not None}


def chosen_columns(task: Task, options: Mapping[str, object]) -> dict[str, str | None]:
    """Turn `text_column=…, label_column=…`, the task's options, into column -> what the person gave.

    Raises:
        InputError: the task has no such column.
    """
    known = task.options
    for option in options:
        if option not in known:
            raise InputError(
                f"Unknown option {option!r} for task {task.name!r}. {did_you_mean(option, known)}"
            )
    return {known[option]: None if given is None else str(given) for option, given in options.items()}
