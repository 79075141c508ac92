import time

import keras
from keras import ops

from keras_seq.training.checkpoints import metrics_values, save_checkpoint
from keras_seq.training.interruption import Interruption
from keras_seq.training.tolerant import strictly

__all__ = ["Checkpoints"]

_LONG_VALIDATION = 10  # seconds


class Checkpoints(keras.callbacks.Callback):
    """Saves, as a training goes, the whole of its state; the last two checkpoints are kept.

    At the end of each epoch; every so many minutes; before a validation that takes long; and when the
    training is interrupted, after the step that is just computed: then it ends with KeyboardInterrupt. The
    last of the callbacks whose work belongs to a step or an epoch: what is saved is what they have done.

    Weights that are no numbers any more are not saved.

    Args:
        folder: where they stand.
        steps: of an epoch.
        keep: callbacks by a name, that have a state of their own. They have two methods: `state()` gives a
            pair, what JSON can hold and `{name: list of arrays}` (a name stands for its content, and is never
            used again for another); `put_back` takes the two.
        facts: a function without arguments: what else belongs in `state.json`.
        minutes: between two checkpoints within an epoch; 0: none by time.
        within_epochs: False: none but at their ends, nor at an interruption.
        interruption: who hears signals.
        tolerant: a `Tolerant`, which is given a checkpoint that cannot be written; otherwise that raises.
        start: the Checkpoint that this training goes on from.
    """

    def __init__(
        self,
        folder,
        steps,
        keep=None,
        facts=dict,
        minutes=0,
        within_epochs=True,
        interruption=None,
        tolerant=strictly,
        start=None,
    ):
        super().__init__()
        self.folder = folder
        self.steps = steps
        self.keep = keep or {}
        self.facts = facts
        self.minutes = minutes
        self.within_epochs = within_epochs
        self.interruption = interruption or Interruption()
        self.tolerant = tolerant
        self.start = self.latest = start
        self._validation_began = None
        self._validation_seconds = _LONG_VALIDATION  # as long as none was measured

    def on_train_begin(self, logs=None):
        self._tried = time.monotonic()
        self.interruption.hold()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._saved, self._validation_began = epoch, False, None
        self._passed = self.start.step if self.start is not None and self.start.epoch == epoch else 0

    def on_train_batch_end(self, batch, logs=None):
        step = min(batch + 1, self.steps)  # Keras counts whole executions of several steps
        if step <= self._passed:
            self._saved = step == self.steps
            return
        due = self.minutes and time.monotonic() - self._tried >= 60 * self.minutes
        wait = step == self.steps and self._validation_seconds >= _LONG_VALIDATION
        if self.within_epochs and (due or wait or self.interruption.asked):
            self._saved = self._save(self._epoch, step) and step == self.steps
        if self.interruption.asked:
            raise KeyboardInterrupt

    def on_test_begin(self, logs=None):
        self._validation_began = time.monotonic()
        if self._saved:  # a validation can be done again
            self.interruption.release()

    def on_epoch_end(self, epoch, logs=None):
        self.interruption.hold()
        if self._validation_began is not None:
            self._validation_seconds = time.monotonic() - self._validation_began
        self._save(epoch + 1, 0)
        if self.interruption.asked:
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        self.interruption.release()

    def _save(self, epoch, step):
        self._tried = time.monotonic()
        if not all(bool(ops.all(ops.isfinite(weight))) for weight in self.model.trainable_variables):
            return False
        return self.tolerant("A checkpoint", lambda: self._write(epoch, step))

    def _write(self, epoch, step):
        state = {
            "metrics": metrics_values(self.model) if step else [],
            "stopped": not step and bool(self.model.stop_training),
            "callbacks": {},
            **self.facts(),
        }
        arrays = {}
        for name, callback in self.keep.items():
            state["callbacks"][name], more = callback.state()
            arrays.update(more)
        self.latest = save_checkpoint(self.folder, epoch, step, self.model, state, arrays, self.latest)
