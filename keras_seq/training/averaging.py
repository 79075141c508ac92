"""Which weights are validated and kept: the last ones, a moving average, or the mean of several epochs."""

import keras
import numpy as np

from keras_seq.errors import InputError

__all__ = ["MeanOfEpochs", "averaging_callback", "momentum"]


def momentum(averaging: float) -> float | None:
    """The momentum of the optimizer's moving average that the setting asks for; None where it asks for none.

    Raises:
        InputError: neither a momentum below 1, nor a number of epochs.
    """
    if averaging > 1 and float(averaging).is_integer():
        return None
    if averaging >= 1:
        raise InputError(
            "averaging is a momentum below 1, or a number of epochs, 2 or more. "
            f"Received: averaging={averaging}."
        )
    return averaging or None


def averaging_callback(averaging: float) -> keras.callbacks.Callback | None:
    """The callback that puts the averaged weights in place at each validation; None where there is none.

    It belongs behind those that look at the end of a validation, which then find these weights.

    Args:
        averaging: the setting.
    """
    if not averaging:
        return None
    if momentum(averaging):
        return keras.callbacks.SwapEMAWeights()
    return MeanOfEpochs(int(averaging))


class MeanOfEpochs(keras.callbacks.Callback):
    """The mean of the weights at the end of each of the last epochs: in place at validation, and at the end.

    What is not trained, a counter say, is not averaged.

    Args:
        number: of epochs, 1 or more; in the first epochs, as many as there are.

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 6.1 (the mean of the last checkpoints).
    """

    def __init__(self, number):
        super().__init__()
        if number < 1:
            raise ValueError(f"number must be at least 1. Received: number={number}")
        self.number = number
        self._kept = {}  # epoch -> its weights
        self._own = None  # those of the training, while the mean is in place
        self._epoch = 0

    def state(self):
        """The weights of the epochs, each under its own name; see `Checkpoints`."""
        arrays = {f"weights-{epoch + 1:04d}": weights for epoch, weights in self._kept.items()}
        return {"epochs": list(self._kept)}, arrays

    def put_back(self, values, arrays):
        """Stand where an earlier training stood, by its `state`."""
        self._kept = {epoch: arrays[f"weights-{epoch + 1:04d}"] for epoch in values["epochs"]}

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_begin(self, logs=None):
        self._keep()
        self._own = _weights(self.model)
        self._put_mean()

    def on_test_end(self, logs=None):
        _assign(self.model, self._own)
        self._own = None

    def on_epoch_end(self, epoch, logs=None):
        if epoch not in self._kept:  # nothing was validated
            self._keep()

    def on_train_end(self, logs=None):
        if self._kept:
            self._put_mean()

    def _keep(self):
        self._kept[self._epoch] = _weights(self.model)
        for old in sorted(self._kept)[: -self.number]:
            del self._kept[old]

    def _put_mean(self):
        _assign(self.model, [np.mean(each, axis=0) for each in zip(*self._kept.values(), strict=True)])


def _weights(model):
    return [variable.numpy() for variable in model.trainable_variables]


def _assign(model, weights):
    for variable, weight in zip(model.trainable_variables, weights, strict=True):
        variable.assign(weight)
