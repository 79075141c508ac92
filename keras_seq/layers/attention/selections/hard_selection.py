import keras
from keras import ops

from keras_seq.layers.attention.selections.selection import Selection
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class HardSelection(Selection):
    """One key: drawn by the weights in training, the heaviest at inference.

        chosen_ts = 1 for the one s that was chosen for t, 0 for all others

    Ties go to the first. A weight of 0 is never chosen; a row of zeros chooses nothing and stays zeros.
    Weights need not sum to 1: they are drawn from in proportion.

    No gradient flows through the choice: what made the weights learns nothing from it.

    Args:
        seed: of the draws.

    Reference: Xu et al. 2015, Show, Attend and Tell, section 4.1 (stochastic "hard" attention).
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def noise(self, shape, dtype="float32"):
        # u stays off 0, whose logarithm is infinite.
        return keras.random.uniform(shape, minval=1e-7, maxval=1.0, dtype=dtype, seed=self.seed_generator)

    def call(self, weights, training=None, noise=None):
        weights = at_least_float32(weights)
        if not training:
            return _one_hot_of_the_highest(weights)
        if noise is None:
            noise = self.noise(ops.shape(weights), weights.dtype)
        # The Gumbel trick without its outer logarithms: argmax(log w - log e) = argmax(w / e), where
        # e = -log u is exponential.
        return _one_hot_of_the_highest(ops.where(weights > 0, weights / -ops.log(noise), 0.0))

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


def _one_hot_of_the_highest(weights):
    """1 at the first highest weight of each row, 0 elsewhere; a row of zeros stays zeros."""
    length = ops.shape(weights)[-1]
    position = ops.arange(length, dtype="int32")
    highest = ops.max(weights, axis=-1, keepdims=True)
    # Not argmax, which LiteRT cannot convert.
    first = ops.min(ops.where(weights == highest, position, length), axis=-1, keepdims=True)
    return ops.cast(ops.logical_and(position == first, weights > 0), weights.dtype)
