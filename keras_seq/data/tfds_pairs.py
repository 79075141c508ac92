"""Pairs of sentences from the features of a TFDS set: a translation, or two texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keras_seq.data.examples import Skipped, Task
from keras_seq.data.languages import choose_languages, own_order
from keras_seq.data.pairs import Pairs
from keras_seq.data.tfds_features import Features, columns_of, kind, leaves
from keras_seq.data.tfds_texts import rows
from keras_seq.errors import InputError


def choose_features(
    name: str, task: Task, wanted: tuple[str, ...], builder: Any, chosen: Mapping[str, str | None]
) -> Features:
    """Find source and target: as they were chosen, or in the set's own order.

    The languages are the features' names, as in `{"de": …, "en": …}`, or what the features
    `source_language` and `target_language` say, which stand beside `source_sentence` and its like.

    Raises:
        InputError: there are no two texts, a chosen language is not among them, or it is open which.
    """
    texts = {path: leaf for path, leaf in leaves(builder.info.features) if kind(leaf) == "text"}
    said = {column: f"{column}_language" for column in task.columns}
    paths = {path.rpartition("/")[2]: path for path in texts if path not in said.values()}
    if len(paths) < len(wanted):
        raise InputError(
            f"{name} does not fit {task.name}: it has no two texts. Received: features "
            f"{', '.join(path for path, _ in leaves(builder.info.features)) or 'none'}."
        )
    order = _order(task, builder, paths)
    if order and builder.info.splits and set(said.values()) <= set(texts):
        # the languages are in the examples: known when these are there
        spoken = _spoken(builder, {column: (path, texts[path]) for column, path in said.items()})
        paths = {spoken[column]: paths[text] for column, text in zip(task.columns, order, strict=True)}
        order = list(paths)
    elif set(said.values()) <= set(texts):
        chosen = {}
    found = choose_languages(task, wanted, list(paths), chosen, name, order)
    return {column: (paths[language], texts[paths[language]]) for column, language in found.items()}


def read(
    name: str, builder: Any, source: str, features: Features, belongs: Callable[[str], bool]
) -> tuple[dict[str, Sequence], Skipped]:
    """Read the pairs of the set's split `source` that belong to ours, without the line ends after sentences.

    Returns:
        The columns, and what was left out: pairs with an empty side.
    """
    pairs = Pairs(*features)
    for row in rows(builder, source, features):
        if belongs(row["source"]):
            pairs.add(**{column: sentence.rstrip("\r\n") for column, sentence in row.items()})
    return pairs.columns, pairs.skipped


def _order(task: Task, builder: Any, paths: Mapping[str, str]) -> list[str]:
    """Source and target in the set's own order: as it is trained on by default, else by the names."""
    keys = list(builder.info.supervised_keys or ())[: len(task.columns)]
    if len(keys) == len(task.columns) and set(keys) <= set(paths):
        return keys
    return own_order(task, tuple(task.columns), list(paths))


def _spoken(builder: Any, features: Features) -> dict[str, str]:
    """The languages that the first example says it is in; the columns' own names where it says none."""
    rows = columns_of(builder, next(iter(builder.info.splits)), features).take(1).as_numpy_iterator()
    said = {column: value.decode("utf-8", "replace") for row in rows for column, value in row.items()}
    return {column: said.get(column) or column for column in features}
