import keras

from keras_seq.training.tolerant import strictly

__all__ = ["Summaries"]


class Summaries(keras.callbacks.Callback):
    """What callbacks share that write for TensorBoard: the folder is made when there is something to write.

    A subclass calls `write` and sets `what`, the log's name for a person.

    Args:
        folder: TensorBoard's log folder.
        tolerant: a `Tolerant`, which is given what cannot be written; otherwise that raises.
    """

    what = "The log"

    def __init__(self, folder, tolerant=strictly):
        super().__init__()
        self.folder = str(folder)
        self.tolerant = tolerant
        self._writer = None

    def write(self, epoch, summarise):
        """Write down an epoch; `summarise()` calls functions of `tf.summary`."""
        self.tolerant(self.what, lambda: self._write(epoch, summarise))

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self.tolerant(self.what, self._writer.close)

    def _write(self, epoch, summarise):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=epoch):
            summarise()
        self._writer.flush()
