"""Checkpoints: the whole state of a training, so that going on gives what would have come anyway."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

import keras_seq.losses
import keras_seq.training.fused_adam
import keras_seq.training.reinforce
import keras_seq.training.schedules  # noqa: F401  (registers, as the lines above, what a file names)
from keras_seq.checksums import checksums, seal, verify
from keras_seq.errors import InputError
from keras_seq.files import write_folder_atomically
from keras_seq.models import load_model
from keras_seq.untrusted import check_archive, parse_json

__all__ = ["Checkpoint", "checkpoints_in", "latest_checkpoint", "load_checkpoint", "save_checkpoint"]

_NAME = re.compile(r"epoch-(\d+)-step-(\d+)")
_KEPT = 2


class Checkpoint:
    """A folder `epoch-0003-step-000017`: in the third epoch, 17 of its steps are done.

    model.keras      weights and optimizer
    state.json       random states, running metrics, the state of callbacks, and what the caller adds
    NAME.npz         arrays of callbacks, the best weights say; what has not changed is linked, not copied
    checksums.txt    over all of them

    Attributes:
        path: the folder.
        epoch: from 0.
        step: how many of its steps are done.
    """

    def __init__(self, path: Path):
        self.path = path
        self.epoch, self.step = (int(number) for number in _NAME.fullmatch(path.name).groups())
        self.epoch -= 1

    @property
    def progress(self) -> str:
        """What it holds, in words: `1 epoch and 17 steps of the next`."""
        epochs = f"{self.epoch} epoch{'' if self.epoch == 1 else 's'}"
        steps = f"{self.step} step{'' if self.step == 1 else 's'}"
        if not self.step:
            return epochs
        return f"{epochs} and {steps} of the next" if self.epoch else f"{steps} of the first epoch"


def checkpoints_in(folder: str | os.PathLike) -> list[Checkpoint]:
    """All checkpoints of a folder, whole or damaged, the newest first."""
    paths = Path(folder).glob("epoch-*")
    found = [Checkpoint(path) for path in paths if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda each: (each.epoch, each.step), reverse=True)


def latest_checkpoint(folder: str | os.PathLike) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is whole by its checksums, and what is wrong with each that is newer.

    None where there is none.
    """
    faults = []
    for checkpoint in checkpoints_in(folder):
        try:
            verify(checkpoint.path)
            if not {"model.keras", "state.json"} <= set(checksums(checkpoint.path)):
                raise InputError(f"{checkpoint.path} is not whole: its checksums name too few files.")
            return checkpoint, faults
        except InputError as error:
            faults.append(str(error).splitlines()[0])
    return None, faults


def save_checkpoint(
    folder: str | os.PathLike,
    epoch: int,
    step: int,
    model: keras.Model,
    state: Mapping,
    arrays: Mapping[str, Sequence[np.ndarray]],
    before: Checkpoint | None = None,
) -> Checkpoint:
    """Write a checkpoint, whole or not at all, and remove all but the last two.

    Args:
        folder: where they stand.
        epoch, step: `step` steps of that epoch (from 0) are done.
        model: compiled.
        state: what JSON can hold.
        arrays: lists of arrays by a name that stands for its content: one name, always the same arrays.
        before: the checkpoint before: arrays that it has by that name are linked.

    Raises:
        InputError: it cannot be written; all is as it was.
    """
    folder = Path(folder)
    path = folder / f"epoch-{epoch + 1:04d}-step-{step:06d}"
    with write_folder_atomically(path, may_replace=lambda _: None) as side:
        model.save(side / "model.keras")
        state = {"random_states": _values(_random_states(model)), **state}
        (side / "state.json").write_text(json.dumps(state), encoding="utf-8")
        known = {}
        for name, values in arrays.items():
            file = f"{name}.npz"
            digest = None if before is None else _linked(before.path, side, file)
            if digest is None:
                np.savez(side / file, *values)
            else:
                known[file] = digest
        seal(side, sorted(each.name for each in side.iterdir()), known)
    for old in checkpoints_in(folder)[_KEPT:]:
        shutil.rmtree(old.path, ignore_errors=True)
    return Checkpoint(path)


def load_checkpoint(checkpoint: Checkpoint) -> tuple[keras.Model, dict, dict[str, list[np.ndarray]]]:
    """The model, compiled as it was; the state; the arrays by name.

    Raises:
        InputError: the checkpoint is damaged.
    """
    path = checkpoint.path
    try:
        state = parse_json((path / "state.json").read_text(encoding="utf-8"))
        model = load_model(path / "model.keras", compile=True)
        assign_values(_random_states(model), state["random_states"])
        return model, state, {file.stem: _read(file) for file in sorted(path.glob("*.npz"))}
    except Exception as error:  # a damaged file fails in as many ways as it has bytes
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"The checkpoint {path} cannot be read: {reason[:200]}\n"
            "Remove that folder to go on from the one before it."
        ) from error


def metrics_values(model: keras.Model) -> list:
    """The running metrics of the epoch, as JSON holds them."""
    return _values(model.metrics_variables)


def assign_values(variables, values) -> None:
    """Put back what `metrics_values` and its like gave."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(np.asarray(value, dtype=variable.dtype))


def _values(variables):
    # float32 -> float64 -> shortest text -> float64 -> float32 loses nothing.
    return [keras.ops.convert_to_numpy(variable).tolist() for variable in variables]


def _random_states(model):
    """The states of the model's random generators, dropout's say: Keras leaves them out of its files."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _linked(source, side, file):
    """Link or copy a file of the checkpoint before; gives its checksum, None where that has no such file."""
    try:
        digest = checksums(source).get(file)
        if digest is None:
            return None
        try:
            os.link(source / file, side / file)
        except OSError:  # a file system without links
            shutil.copyfile(source / file, side / file)
        return digest
    except (InputError, FileNotFoundError):  # somebody has removed it
        return None


def _read(file):
    check_archive(file)
    with np.load(file) as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays.files))]
