import keras

__all__ = ["CorpusMetrics"]


class CorpusMetrics(keras.callbacks.Callback):
    """Metrics that no mean over batches can give, span F1 or BLEU, among Keras' own at each validation.

    At the end of a validation the scores join its metrics, so that callbacks behind this one see them, as
    `val_…` the progress line, TensorBoard and the History too. With `keras.callbacks.SwapEMAWeights` behind
    it in the list, they are those of the averaged weights.

    Args:
        scores: a function without arguments: `{name: number}`, of the model as it stands.
    """

    def __init__(self, scores):
        super().__init__()
        self.scores = scores
        self._last = {}

    def on_epoch_begin(self, epoch, logs=None):
        self._last = {}

    def on_test_end(self, logs=None):
        self._last = self.scores()
        if logs is not None:
            logs.update(self._last)

    def on_epoch_end(self, epoch, logs=None):
        # Keras gives callbacks a copy of the validation's logs: what joins it must join these as well.
        if logs is not None:
            logs.update({f"val_{name}": value for name, value in self._last.items()})
