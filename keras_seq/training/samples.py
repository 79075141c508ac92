from keras_seq.training.summaries import Summaries
from keras_seq.training.tolerant import strictly

__all__ = ["Samples"]


class Samples(Summaries):
    """After each validation, for TensorBoard: pictures of where the model looks, and what it answers.

    With `keras.callbacks.SwapEMAWeights` behind it in the list, by the averaged weights: those that were
    validated.

    Args:
        folder: TensorBoard's log folder.
        samples: a function without arguments that gives the pair of `{name: image}`, an image being a uint8
            array `(height, width, 3)`, and `{name: Markdown}`.
        tolerant: a `Tolerant`, which is given what cannot be written; otherwise that raises.
    """

    what = "The log of samples"

    def __init__(self, folder, samples, tolerant=strictly):
        super().__init__(folder, tolerant)
        self.samples = samples
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_end(self, logs=None):
        images, texts = self.samples()
        self.write(self._epoch, lambda: _summarise(images, texts))


def _summarise(images, texts):
    import tensorflow as tf

    for name, image in images.items():
        tf.summary.image(name, image[None])  # (1, H, W, 3)
    for name, text in texts.items():
        tf.summary.text(name, text)
