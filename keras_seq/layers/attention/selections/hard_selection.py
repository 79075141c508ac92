import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.layers.attention.selections.selection import Selection
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import choices
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class HardSelection(Selection):
    """One key, or k: drawn by the weights in training, the heaviest at inference.

        chosen_ts = 1 / k for each of the k keys s that were chosen for t, 0 for all others

    Ties go to the first. A weight of 0 is never chosen: of fewer than k weights above 0 all are, and a row of
    zeros chooses nothing and stays zeros. Weights need not sum to 1: they are drawn from in proportion,
    several keys one after another, without replacement.

    No gradient flows through the choice, so by itself training teaches nothing to what made the weights:
    in training it wants somebody who takes care of that, as `keras_seq.training.Reinforce` does. What was
    chosen, how likely that was and how uncertain can be read off: `keras_seq.models.attention_choices`.

    Args:
        k: how many keys.
        seed: of the draws.

    Raises:
        ValueError: k below 1, or above the number of keys; training=True where nobody takes care of the
            learning, with the two lines that mend it.

    References: Xu et al. 2015, Show, Attend and Tell, section 4.1 (stochastic "hard" attention); of several
    keys: Kool et al. 2019, Stochastic Beams and Where to Find Them, section 2.3 (the Gumbel-top-k trick).
    """

    def __init__(self, k=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, k=k)
        self.k = k
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def noise(self, shape, dtype="float32"):
        noise, guide = choices.gumbel(shape, self.seed_generator, dtype), choosing.guide(self, shape)
        return noise if guide is None else noise + ops.cast(guide, dtype)

    def call(self, weights, training=None, noise=None):
        weights = at_least_float32(weights)
        if weights.shape[-1] is not None and weights.shape[-1] < self.k:
            raise ValueError(
                f"A hard attention chooses at most as many keys as there are. Received: k={self.k}, and "
                f"{weights.shape[-1]} keys. Give a smaller k or longer inputs."
            )
        if training:
            chooser = choosing.chooser(self)
            noise = self.noise(ops.shape(weights), weights.dtype) if noise is None else noise
            order = chooser.order(weights, noise, self.k)
        else:
            order = choices.most(weights, self.k)
        chosen = ops.sum(order, axis=0)
        if self.k > 1:
            chosen = chosen / ops.maximum(ops.stop_gradient(ops.sum(chosen, axis=-1, keepdims=True)), 1.0)
        choosing.report(self, weights, chosen, order)
        return chosen

    def get_config(self):
        return {**super().get_config(), "k": self.k, "seed": self.seed}
