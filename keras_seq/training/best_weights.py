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
        best, waited, weights: where an earlier, interrupted training stood.
    """

    def __init__(self, monitor, mode="max", patience=None, save=None, best=None, waited=0, weights=None):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode is 'max' or 'min'. Received: mode={mode!r}")
        self.monitor = monitor
        self.mode = mode
        self.patience = patience
        self.save = save
        self.best = best
        self.waited = waited
        self.weights = weights
        self._validated = False

    def on_epoch_begin(self, epoch, logs=None):
        self._validated = False

    def on_test_end(self, logs=None):
        value = float((logs or {})[self.monitor])
        self._validated = True
        better = self.best is None or (value > self.best if self.mode == "max" else value < self.best)
        if better:
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
        self.weights = self.model.get_weights()
        if self.save is not None:
            self.save(self.model)
