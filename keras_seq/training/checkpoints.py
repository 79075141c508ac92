import json
import shutil
from pathlib import Path

import keras

from keras_seq.errors import InputError
from keras_seq.files import write_folder_atomically

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
        state = {"epoch": epoch + 1, "logs": {name: float(value) for name, value in (logs or {}).items()}}
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{epoch + 1:04d}"
        with write_folder_atomically(path, may_replace=lambda _: None) as unfinished:
            self.model.save(unfinished / "model.keras")
            (unfinished / "state.json").write_text(json.dumps({**state, **self.state()}), encoding="utf-8")
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
        return keras.models.load_model(path / "model.keras"), state
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"The checkpoint {path} cannot be read: {str(error).splitlines()[0]}\n"
            "Remove that folder to go on from the one before it."
        ) from error
