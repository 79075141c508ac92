"""Texts and labels from the features of a TFDS set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from keras_seq.data.collecting import Collector
from keras_seq.data.columns import choose_names, recognise
from keras_seq.data.examples import Skipped, Task
from keras_seq.data.reading import EMPTY_TEXT
from keras_seq.data.tfds_features import BATCH, Features, columns_of, is_class, kind, leaves, speller
from keras_seq.errors import InputError
from keras_seq.progress import now

NO_LABEL = "no label"


def choose_features(
    name: str, task: Task, wanted: tuple[str, ...], builder: Any, chosen: Mapping[str, str | None]
) -> Features:
    """Find the feature of each wanted column: the one there is, the one so called, or the one chosen.

    Raises:
        InputError: there is none, it is open which, or the chosen one does not fit.
    """
    found_leaves = dict(leaves(builder.info.features))
    texts = [path for path, leaf in found_leaves.items() if kind(leaf) == "text"]
    classes = [path for path, leaf in found_leaves.items() if is_class(leaf)]
    numbers = [path for path, leaf in found_leaves.items() if kind(leaf) in ("number", "truth")]
    found: Features = {}
    for column in wanted:
        plain, possible = (texts, texts) if column == "text" else (classes, numbers)
        if chosen.get(column) is not None:
            path = choose_names(task, (column,), list(found_leaves), chosen, name)[column]
        elif len(plain) == 1:
            path = plain[0]
        else:
            path = by_name(name, task, column, possible)
        if kind(found_leaves[path]) is None or (column == "text" and path not in texts):
            raise InputError(
                f"{name}: feature {path!r} cannot be the {column}. Received: {found_leaves[path]}."
            )
        found[column] = (path, found_leaves[path])
    return found


def by_name(name: str, task: Task, column: str, paths: list[str]) -> str:
    """The one of several features whose (inner) name says that it is this column."""
    if not paths:
        raise InputError(f"{name} does not fit {task.name}: none of its features can be the {column}.")
    inner = {path.rpartition("/")[2]: path for path in reversed(paths)}
    known = recognise(column, task, list(inner))
    if known is None:
        advice = f"\nSay which with {task.flag(column)}." if column in task.options.values() else ""
        features = ", ".join(sorted(paths)[:8])
        raise InputError(f"{name}: it is open which feature is the {column}: {features}.{advice}")
    return inner[known]


def read(
    name: str, builder: Any, source: str, features: Features, belongs: Callable[[str], bool]
) -> tuple[dict[str, Sequence], Skipped]:
    """Read the texts of the set's split `source` that belong to ours; HTML line breaks become line breaks.

    Returns:
        The columns, and what was left out: empty texts and hidden labels.
    """
    columns = {column: Collector() for column in features}
    skipped = Skipped()
    for row in rows(builder, source, features):
        text = row["text"]
        if not belongs(text):
            continue
        if not text.strip():
            skipped.add(EMPTY_TEXT)
        elif "label" in row and not row["label"]:
            skipped.add(NO_LABEL)
        else:
            for column, value in row.items():
                columns[column].append(value)
    return {name: column.column() for name, column in columns.items()}, skipped


def rows(builder: Any, source: str, features: Features) -> Iterator[dict[str, str]]:
    """Every example of a split, its scalar features as strings."""
    spell = {column: speller(feature) for column, (_, feature) in features.items()}
    now().more(builder.info.splits[source].num_examples)
    for batch in columns_of(builder, source, features).batch(BATCH).as_numpy_iterator():
        now().step(BATCH)
        columns = {column: map(spell[column], values.tolist()) for column, values in batch.items()}
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True))
