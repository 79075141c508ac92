import keras

__all__ = ["Samples"]


class Samples(keras.callbacks.Callback):
    """After each validation, for TensorBoard: pictures of where the model looks, and what it answers.

    With `keras.callbacks.SwapEMAWeights` behind it in the list, by the averaged weights: those that were
    validated.

    Args:
        folder: TensorBoard's log folder.
        images: a function without arguments that gives `{name: image}`, an image being a uint8 array
            `(height, width, 3)`.
        texts: one that gives `{name: Markdown}`.
    """

    def __init__(self, folder, images=dict, texts=dict):
        super().__init__()
        self.folder = str(folder)
        self.images = images
        self.texts = texts
        self._epoch = 0
        self._writer = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_end(self, logs=None):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=self._epoch):
            for name, image in self.images().items():
                tf.summary.image(name, image[None])  # (1, H, W, 3)
            for name, text in self.texts().items():
                tf.summary.text(name, text)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()
