import keras

from keras_seq.training.tolerant import strictly

__all__ = ["Samples"]


class Samples(keras.callbacks.Callback):
    """After each validation, for TensorBoard: pictures of where the model looks, and what it answers.

    With `keras.callbacks.SwapEMAWeights` behind it in the list, by the averaged weights: those that were
    validated.

    Args:
        folder: TensorBoard's log folder.
        samples: a function without arguments that gives the pair of `{name: image}`, an image being a uint8
            array `(height, width, 3)`, and `{name: Markdown}`.
        tolerant: a `Tolerant`, which is given what cannot be written; otherwise that raises.
    """

    def __init__(self, folder, samples, tolerant=strictly):
        super().__init__()
        self.folder = str(folder)
        self.samples = samples
        self.tolerant = tolerant
        self._epoch = 0
        self._writer = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_end(self, logs=None):
        images, texts = self.samples()
        self.tolerant("The log of samples", lambda: self._write(images, texts))

    def _write(self, images, texts):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=self._epoch):
            for name, image in images.items():
                tf.summary.image(name, image[None])  # (1, H, W, 3)
            for name, text in texts.items():
                tf.summary.text(name, text)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()
