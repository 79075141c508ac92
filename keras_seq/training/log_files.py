import os
from pathlib import Path

import keras

from keras_seq.training.tolerant import strictly

__all__ = ["LogFiles"]


class LogFiles(keras.callbacks.TensorBoard):
    """Keras' TensorBoard for a training that may be killed: its logs are on the disk when a checkpoint is.

    A checkpoint knows how long each log file was; going on cuts them back to that, so that nothing stands
    there twice and nothing is missing. The model's graph is drawn once.

    Args:
        folder: of the logs, whoever writes them.
        tolerant: a `Tolerant`, which is given what cannot be written; otherwise that raises.
    """

    def __init__(self, folder, tolerant=strictly):
        super().__init__(str(folder), write_graph=True)
        self.folder = Path(folder)
        self.tolerant = tolerant

    def on_test_begin(self, logs=None):
        keras_own = super().on_test_begin
        self._write(lambda: keras_own(logs))

    def on_test_end(self, logs=None):
        keras_own = super().on_test_end
        self._write(lambda: keras_own(logs))

    def on_epoch_end(self, epoch, logs=None):
        keras_own = super().on_epoch_end
        self._write(lambda: keras_own(epoch, logs))

    def _write(self, write):
        self.tolerant("The log for TensorBoard", write)

    def state(self):
        """The length of each file; see `Checkpoints`."""
        self.flush()
        return {"bytes": {name: path.stat().st_size for name, path in self._files()}}, {}

    def put_back(self, values, arrays):
        """Cut the files back to what they were, and remove those that came later."""
        for name, path in self._files():
            if name not in values["bytes"]:
                path.unlink()
            elif path.stat().st_size > values["bytes"][name]:
                os.truncate(path, values["bytes"][name])
        self.write_graph = False

    def flush(self):
        """Write what waits to be written."""
        for writer in self._writers.values():
            writer.flush()

    def close(self):
        """Let go of the files: also after an interruption, when Keras ends no training."""
        self._close_writers()
        self._writers = {}

    def _files(self):
        """(path inside the folder, path) of each file that TensorFlow wrote there."""
        paths = sorted(self.folder.rglob("*.tfevents.*"))
        return [(path.relative_to(self.folder).as_posix(), path) for path in paths]
