import math

import keras

from keras_seq.errors import InputError

__all__ = ["StopOnNan"]


class StopOnNan(keras.callbacks.Callback):
    """Stop at the first step whose loss is nan or inf, and say which it was and what to try."""

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            several = self.model.steps_per_execution
            step = min(batch + 1, self.params.get("steps") or batch + 1)
            before = f" or one of the {several - 1} before it" if several > 1 else ""
            raise InputError(
                f"The loss became {float(loss)} at step {step}{before} of epoch {self._epoch + 1}.\n"
                "Try a smaller learning_rate, or a gradient_clip of 1. What was saved before stays as it is."
            )
