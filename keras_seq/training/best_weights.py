import math

import keras

__all__ = ["BestWeights"]


class BestWeights(keras.callbacks.Callback):
    """Keep the weights of the best validation, stop when it no longer improves, and end with the best.

    It looks at the end of each validation, so the weights that it keeps are the very ones that were
    validated: with `keras.callbacks.SwapEMAWeights` behind it in the list, the averaged ones.
    Without validation data it keeps the last epoch's.

    Args:
        monitor: metric of the validation, such as `"accuracy"` (no `val_` before it).
        mode: `"max"` or `"min"`: which way is better.
        patience: validations without improvement before training stops; None never stops.
        save: called with the model whenever its weights are the best so far.

    Attributes:
        best, weights: the best validation's; None as long as there was none.
    """

    def __init__(self, monitor, mode="max", patience=None, save=None):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode is 'max' or 'min'. Received: mode={mode!r}")
        self.monitor = monitor
        self.mode = mode
        self.patience = patience
        self.save = save
        self.best = None
        self.waited = 0
        self.weights = None
        self._best_epoch = None
        self._validated = False

    def state(self):
        """Where it stands; see `Checkpoints`."""
        values = {"best": self.best, "waited": self.waited, "epoch": self._best_epoch}
        return values, {} if self.weights is None else {f"best-{self._best_epoch + 1:04d}": self.weights}

    def put_back(self, values, arrays):
        """Stand where an earlier training stood, by its `state`."""
        self.best, self.waited, self._best_epoch = values["best"], values["waited"], values["epoch"]
        self.weights = None if self._best_epoch is None else arrays[f"best-{self._best_epoch + 1:04d}"]

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._validated = epoch, False

    def on_test_end(self, logs=None):
        value = float((logs or {})[self.monitor])
        self._validated = True
        better = self.best is None or (value > self.best if self.mode == "max" else value < self.best)
        if better and not math.isnan(value):
            self.best, self.waited = value, 0
            self._keep()
        else:
            self.waited += 1

    def on_epoch_end(self, epoch, logs=None):
        if not self._validated:
            if self.save is not None:
                self.save(self.model)
        elif self.patience is not None and self.waited >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.weights is not None:
            self.model.set_weights(self.weights)

    def _keep(self):
        self.weights, self._best_epoch = self.model.get_weights(), self._epoch
        if self.save is not None:
            self.save(self.model)
