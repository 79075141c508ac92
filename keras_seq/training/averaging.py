"""Which weights are validated and kept: the last ones, a moving average, or the mean of several epochs."""

from pathlib import Path

import keras
import numpy as np

from keras_seq.errors import InputError
from keras_seq.files import write_atomically

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


def averaging_callback(averaging: float, folder=None) -> keras.callbacks.Callback | None:
    """The callback that puts the averaged weights in place at each validation; None where there is none.

    It belongs behind those that look at the end of a validation, which then find these weights.

    Args:
        averaging: the setting.
        folder: where a `MeanOfEpochs` keeps what a resumed training needs; None keeps nothing.
    """
    if not averaging:
        return None
    if momentum(averaging):
        return keras.callbacks.SwapEMAWeights()
    return MeanOfEpochs(int(averaging), folder)


class MeanOfEpochs(keras.callbacks.Callback):
    """The mean of the weights at the end of each of the last epochs: in place at validation, and at the end.

    What is not trained, a counter say, is not averaged.

    Args:
        number: of epochs, 1 or more; in the first epochs, as many as there are.
        folder: where the weights of these epochs stand, one file each, for a training that is taken up again;
            None keeps them in memory only.

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 6.1 (the mean of the last checkpoints).
    """

    def __init__(self, number, folder=None):
        super().__init__()
        if number < 1:
            raise ValueError(f"number must be at least 1. Received: number={number}")
        self.number = number
        self.folder = None if folder is None else Path(folder)
        self._kept = {}  # epoch -> its weights
        self._own = None  # those of the training, while the mean is in place
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        if not self._kept and epoch and self.folder is not None:
            earlier = range(max(0, epoch - self.number), epoch)
            self._kept = {each: _read(self._file(each)) for each in earlier if self._file(each).is_file()}
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
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            with write_atomically(self._file(self._epoch)) as side, side.open("wb") as file:
                np.savez(file, *self._kept[self._epoch])
        for old in sorted(self._kept)[: -self.number]:
            del self._kept[old]
            if self.folder is not None:
                self._file(old).unlink(missing_ok=True)

    def _put_mean(self):
        _assign(self.model, [np.mean(each, axis=0) for each in zip(*self._kept.values(), strict=True)])

    def _file(self, epoch):
        return self.folder / f"weights-{epoch + 1:04d}.npz"


def _weights(model):
    return [variable.numpy() for variable in model.trainable_variables]


def _assign(model, weights):
    for variable, weight in zip(model.trainable_variables, weights, strict=True):
        variable.assign(weight)


def _read(path):
    with np.load(path) as arrays:
        return [arrays[f"arr_{number}"] for number in range(len(arrays.files))]
