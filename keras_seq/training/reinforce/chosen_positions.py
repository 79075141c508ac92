import keras
import numpy as np

from keras_seq.models import attention_choices

__all__ = ["ChosenPositions"]


class ChosenPositions(keras.callbacks.Callback):
    """After each epoch, for TensorBoard: which positions the hard attentions of a model choose.

    For each layer that chooses, a histogram of the chosen positions (as many entries as choices, so its bars
    are how often each is chosen), how many different ones there were in the mean of an example's queries, and
    the entropy of a choice in nats; all at inference. A choice that has settled on one position shows here
    first.

    Args:
        folder: TensorBoard's log folder.
        inputs: one batch, in the structure that the model takes; padded ones too.
    """

    def __init__(self, folder, inputs):
        super().__init__()
        self.folder = str(folder)
        self.inputs = inputs
        self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.folder)
        with self._writer.as_default(step=epoch):
            for name, (positions, different, entropy) in self.found().items():
                tf.summary.histogram(f"{name}/chosen_position", positions)
                tf.summary.scalar(f"{name}/different_positions", different)
                tf.summary.scalar(f"{name}/entropy", entropy)
        self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()

    def found(self):
        """For each layer: positions of all its choices, how many different ones an example has, entropy."""
        results = {}
        for name, choice in attention_choices(self.model, self.inputs).items():
            chosen = choice.chosen > 0  # (B, T, S)
            made = chosen.any(axis=-1)
            entropy = choice.entropy[made].mean() if made.any() else 0.0
            results[name] = np.nonzero(chosen)[-1], chosen.any(axis=1).sum(axis=-1).mean(), entropy
        return results
