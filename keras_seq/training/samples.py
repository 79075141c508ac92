import keras

__all__ = ["Samples"]


class Samples(keras.callbacks.Callback):
    """After each validation, for TensorBoard: pictures of where the model looks, and what it answers.

    With `keras.callbacks.SwapEMAWeights` behind it in the list, by the averaged weights: those that were
    validated.

    Args:
        folder: TensorBoard's log folder.
        samples: a function without arguments that gives the pair of `{name: image}`, an image being a uint8
            array `(height, width, 3)`, and `{name: Markdown}`.
    """

    def __init__(self, folder, samples):
        super().__init__()
        self.folder = str(folder)
        self.samples = samples
        self._epoch = 0
        self._writer = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_end(self, logs=None):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        images, texts = self.samples()
        with self._writer.as_default(step=self._epoch):
            for name, image in images.items():
                tf.summary.image(name, image[None])  # (1, H, W, 3)
            for name, text in texts.items():
                tf.summary.text(name, text)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()
