import json
import shutil
from pathlib import Path

import keras

import keras_seq.losses
import keras_seq.training.fused_adam
import keras_seq.training.schedules  # noqa: F401  (registers, as the lines above, what a file names)
from keras_seq.errors import InputError
from keras_seq.files import write_folder_atomically
from keras_seq.models import load_model

__all__ = ["Checkpoints", "latest_checkpoint", "load_checkpoint"]


class Checkpoints(keras.callbacks.Callback):
    """After each epoch, everything that a training needs to go on; the last two are kept.

    A checkpoint is a folder `epoch-0003` with `model.keras` (weights, optimizer, random state) and
    `state.json`. It is written to the side and renamed, so that one is whole or not there.

    Args:
        folder: where they stand.
        state: a function that gives what else belongs in `state.json`.
    """

    def __init__(self, folder, state):
        super().__init__()
        self.folder = Path(folder)
        self.state = state

    def on_epoch_end(self, epoch, logs=None):
        random_states = [variable.numpy().tolist() for variable in _random_states(self.model)]
        state = {"epoch": epoch + 1, "random_states": random_states, **self.state()}
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{epoch + 1:04d}"
        with write_folder_atomically(path, may_replace=lambda _: None) as unfinished:
            self.model.save(unfinished / "model.keras")
            (unfinished / "state.json").write_text(json.dumps(state), encoding="utf-8")
        for old in sorted(self.folder.glob("epoch-*"))[:-2]:
            shutil.rmtree(old, ignore_errors=True)


def latest_checkpoint(folder) -> Path | None:
    """The newest checkpoint of a folder; None where there is none."""
    return max(Path(folder).glob("epoch-[0-9]*"), default=None)


def load_checkpoint(path) -> tuple[keras.Model, dict]:
    """The model, compiled as it was, and the state beside it.

    Raises:
        InputError: the checkpoint is damaged.
    """
    try:
        state = json.loads((path / "state.json").read_text(encoding="utf-8"))
        model = load_model(path / "model.keras", compile=True)
        for variable, value in zip(_random_states(model), state["random_states"], strict=True):
            variable.assign(value)
        return model, state
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"The checkpoint {path} cannot be read: {str(error).splitlines()[0]}\n"
            "Remove that folder to go on from the one before it."
        ) from error


def _random_states(model):
    """The states of the model's random generators, dropout's say: Keras leaves them out of its files."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
