"""The features of a TFDS set: their paths, what they hold, and their values as strings."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keras_seq.data.reading import without_html_breaks

BATCH = 1024  # examples that are read at once

Features = dict[str, tuple[str, Any]]  # column of the task -> path of the feature, the feature


def leaves(features: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every feature with its path: that of `{"data": {"title": …}}` is "data/title"."""
    import tensorflow_datasets as tfds

    for name, feature in features.items():
        if isinstance(feature, tfds.features.FeaturesDict):
            yield from leaves(feature, f"{above}{name}/")
        else:
            yield f"{above}{name}", feature


def kind(feature: Any) -> str | None:
    """What a scalar feature holds: "text", "number", "truth"; None for what is neither text nor label."""
    dtype = getattr(feature, "tf_dtype", None)
    if getattr(feature, "shape", None) != () or dtype is None:
        return None
    return {"string": "text", "bool": "truth"}.get(dtype.name, "number" if dtype.is_integer else None)


def is_class(feature: Any) -> bool:
    """Whether a feature is a class with a name."""
    import tensorflow_datasets as tfds

    return isinstance(feature, tfds.features.ClassLabel)


def speller(feature: Any) -> Callable[[Any], str]:
    """Return what turns a value of a scalar feature into a string; a hidden class into the empty one."""
    if is_class(feature):
        return lambda value: feature.int2str(value) if value >= 0 else ""
    if kind(feature) == "text":
        return lambda value: without_html_breaks(value.decode("utf-8", "replace"))
    return lambda value: str(value).lower()


def columns_of(builder: Any, split: str, features: Mapping[str, tuple[str, Any]]) -> Any:
    """A `tf.data.Dataset` of column -> value, in the set's own order; no other feature is decoded."""
    import tensorflow_datasets as tfds

    wanted = _part_of(builder.info.features, [path.split("/") for path, _ in features.values()])
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders=None if wanted is True else tfds.decode.PartialDecoding(wanted),
        read_config=tfds.ReadConfig(try_autocache=False),
    )
    paths = {column: path.split("/") for column, (path, _) in features.items()}

    def pick(example):
        row = {}
        for column, path in paths.items():
            row[column] = example
            for name in path:
                row[column] = row[column][name]
        return row

    return dataset.map(pick)


def _part_of(features: Any, paths: list[list[str]]) -> dict[str, Any] | bool:
    """Which features are to be decoded, as `PartialDecoding` takes it; a `Translation` only as a whole."""
    import tensorflow_datasets as tfds

    if type(features) is not tfds.features.FeaturesDict:
        return True
    inside: dict[str, list[list[str]]] = {}
    for name, *rest in paths:
        inside.setdefault(name, []).append(rest)
    return {name: _part_of(features[name], rest) for name, rest in inside.items()}
