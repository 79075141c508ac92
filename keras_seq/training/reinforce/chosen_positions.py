import numpy as np

from keras_seq.models import attention_choices
from keras_seq.training.summaries import Summaries
from keras_seq.training.tolerant import strictly

__all__ = ["ChosenPositions"]


class ChosenPositions(Summaries):
    """After each epoch, for TensorBoard: which positions the hard attentions of a model choose.

    For each layer that chooses, a histogram of the chosen positions (as many entries as choices, so its bars
    are how often each is chosen), how many different ones there were in the mean of an example's queries, and
    the entropy of a choice in nats; all at inference. A choice that has settled on one position shows here
    first.

    Args:
        folder: TensorBoard's log folder.
        inputs: one batch, in the structure that the model takes; padded ones too.
        tolerant: a `Tolerant`, which is given what cannot be written; otherwise that raises.
    """

    what = "The log of choices"

    def __init__(self, folder, inputs, tolerant=strictly):
        super().__init__(folder, tolerant)
        self.inputs = inputs

    def on_epoch_end(self, epoch, logs=None):
        found = self.found()
        self.write(epoch, lambda: _summarise(found))

    def found(self):
        """For each layer: positions of all its choices, how many different ones an example has, entropy."""
        results = {}
        for name, choice in attention_choices(self.model, self.inputs).items():
            chosen = choice.chosen > 0  # (B, T, S)
            made = chosen.any(axis=-1)
            entropy = choice.entropy[made].mean() if made.any() else 0.0
            results[name] = np.nonzero(chosen)[-1], chosen.any(axis=1).sum(axis=-1).mean(), entropy
        return results


def _summarise(found):
    import tensorflow as tf

    for name, (positions, different, entropy) in found.items():
        tf.summary.histogram(f"{name}/chosen_position", positions)
        tf.summary.scalar(f"{name}/different_positions", different)
        tf.summary.scalar(f"{name}/entropy", entropy)
