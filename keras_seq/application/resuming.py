"""Going on with a training that was interrupted, at any moment."""

import shutil
from typing import NamedTuple

import keras

from keras_seq import settings as settings_lib
from keras_seq.application.learner import model_of
from keras_seq.application.run_folder import RunFolder
from keras_seq.errors import InputError
from keras_seq.files import remove_unfinished
from keras_seq.training.checkpoints import Checkpoint, checkpoints_in, latest_checkpoint, load_checkpoint
from keras_seq.untrusted import parse_json, refusing

__all__ = [
    "Past",
    "check_data",
    "clear_away",
    "data_facts",
    "precision_of",
    "settings_for_resume",
    "take_up",
]


class Past(NamedTuple):
    """What an earlier part of a training left; of one that begins, nothing.

    checkpoint: where it goes on.
    learner: the model that was fitted, compiled.
    state, arrays: of the checkpoint.
    """

    checkpoint: Checkpoint | None = None
    learner: keras.Model | None = None
    state: dict = {}  # noqa: RUF012
    arrays: dict = {}  # noqa: RUF012

    @property
    def epoch(self):
        """Epochs that are done."""
        return self.checkpoint.epoch if self.checkpoint else 0

    @property
    def step(self):
        """Steps of the next epoch that are done."""
        return self.checkpoint.step if self.checkpoint else 0

    @property
    def seconds(self):
        """How long it took."""
        return self.state.get("seconds", 0.0)

    def put_back(self, callbacks):
        """Let callbacks, by the names they were kept under, stand where they stood."""
        for name, callback in callbacks.items():
            if name in self.state.get("callbacks", {}):
                with refusing(f"{self.checkpoint.path} is damaged in what it says of {name!r}"):
                    callback.put_back(self.state["callbacks"][name], self.arrays)


def clear_away(run: RunFolder) -> bool:
    """Remove what a killed process left unfinished; gives whether there is a checkpoint to go on from.

    Without one, the training begins at its beginning, and nothing is lost: what was logged goes too.
    """
    for folder in (run.path, run.checkpoints):
        remove_unfinished(folder)
    if checkpoints_in(run.checkpoints):
        return True
    shutil.rmtree(run.logs, ignore_errors=True)
    return False


def precision_of(run: RunFolder) -> str | None:
    """The precision that a run is trained in; None where it has no checkpoint yet."""
    for checkpoint in checkpoints_in(run.checkpoints):
        try:
            state = parse_json((checkpoint.path / "state.json").read_text(encoding="utf-8"))
            return state.get("precision", "off")
        except (OSError, ValueError, AttributeError):
            continue  # `take_up` says so
    return None


def take_up(app, run: RunFolder, say, may_write: bool = True) -> Past:
    """Give the app the model of the run's newest checkpoint that is whole.

    Newer ones, which are damaged, are named and removed.

    Args:
        app: the app.
        run: its folder.
        say: takes a line for the person.
        may_write: False: another process removes what is damaged.

    Raises:
        InputError: every checkpoint is damaged.
    """
    checkpoint, faults = latest_checkpoint(run.checkpoints)
    for fault in faults:
        say(fault)
    if checkpoint is None:
        raise InputError(
            f"No checkpoint in {run.checkpoints} is whole.\n"
            "Remove that folder, and --resume begins again with the same settings."
        )
    learner, state, arrays = load_checkpoint(checkpoint)
    if not (isinstance(state.get("callbacks"), dict) and _is_sound(state.get("data"))):
        raise InputError(
            f"{checkpoint.path} is damaged, or not written by keras_seq: it does not say of which data."
        )
    if faults:
        say("The training goes on from the checkpoint before.")
        for newer in checkpoints_in(run.checkpoints)[: len(faults)] if may_write else ():
            shutil.rmtree(newer.path, ignore_errors=True)
    app.set_model(model_of(learner))
    return Past(checkpoint, learner, state, arrays)


def check_data(past: Past, batches) -> None:
    """Refuse to go on with other data than before.

    Raises:
        InputError: these are not the data that the training began with.
    """
    if past.checkpoint is not None and past.state["data"] != data_facts(batches):
        raise InputError(
            "The training data are not those that this run began with. "
            f"Expected: {_in_words(past.state['data'])}. Received: {_in_words(data_facts(batches))}.\n"
            "Bring the same data back to where they were, or train anew into another --run."
        )


def data_facts(batches) -> dict:
    """By which `check_data` knows the data again."""
    return {"examples": len(batches), "steps": batches.steps, "fingerprint": batches.fingerprint}


def _is_sound(data):
    kinds = {"examples": int, "steps": int, "fingerprint": str}
    return isinstance(data, dict) and {name: type(value) for name, value in data.items()} == kinds


def _in_words(data):
    return f"{data['examples']:,} examples, fingerprint {data['fingerprint']}"


def settings_for_resume(app, changes):
    """The settings of a resumed run: those that it began with, and no others."""
    settings = settings_lib.updated(app.settings, changes)
    if settings != app.settings:
        # The learning rate falls to zero over the epochs that were planned: more of them would learn nothing.
        raise InputError(
            "A resumed training goes on with the settings it began with. Leave out: "
            f"{', '.join(sorted(changes))}.\nTo train otherwise, begin anew into another --run."
        )
    return settings
