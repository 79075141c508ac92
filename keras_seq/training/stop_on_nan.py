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
            raise InputError(
                f"The loss became {float(loss)} at step {batch + 1} of epoch {self._epoch + 1}.\n"
                "Try a smaller learning_rate, or a gradient_clip of 1. What was saved before stays as it is."
            )
