import keras

__all__ = ["AttentionMaps"]


class AttentionMaps(keras.callbacks.Callback):
    """After each validation, pictures for TensorBoard of where the model looks.

    With `keras.callbacks.SwapEMAWeights` behind it in the list, drawn from the averaged weights: those that
    were validated.

    Args:
        folder: TensorBoard's log folder.
        draw: a function without arguments that gives `{name: image}`, an image being a uint8 array
            `(height, width, 3)`.
    """

    def __init__(self, folder, draw):
        super().__init__()
        self.folder = str(folder)
        self.draw = draw
        self._epoch = 0
        self._writer = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_test_end(self, logs=None):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=self._epoch):
            for name, image in self.draw().items():
                tf.summary.image(name, image[None])  # (1, H, W, 3)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()
