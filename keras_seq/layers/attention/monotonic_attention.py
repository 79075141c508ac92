import keras
from keras import ops

from keras_seq.layers.attention.scores import NormedAdditiveScore
from keras_seq.layers.attention.sequential_attention import SequentialAttention
from keras_seq.ops.monotonic import monotonic_weights
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class MonotonicAttention(SequentialAttention):
    """Attention that reads from left to right and never goes back.

        chance_ts  = sigmoid(score(query_t, key_s) + r)         of stopping at key s on reaching it
        reached_ts = (1 - chance_t,s-1) reached_t,s-1 + weights_t-1,s
        weights_ts = chance_ts reached_ts
        context_t  = Σ_s weights_ts · value_s

    The first query starts at the first key, each next one where the one before it stopped. In training the
    weights are the expectation over readers that stop at random (soft); at inference a reader stops at the
    first key whose chance is above 1/2 (hard), which needs no key that comes later.

    Args:
        score: of the energy, by name, or a `Score`; None: additive with a normed v (`NormedAdditiveScore`),
            as in the paper.
        hard: whether inference is hard; False: the expectation there too.
        noise_std: deviation of the normal noise added to the energies in training, so that they learn to be
            far from 0 and hard chances resemble soft ones; 0: none.
        initial_bias: where r starts; the lower, the further a reader goes at first.
        dropout: as in `Attention`.
        seed: of the noise and the dropout.

    Call arguments: as in `Attention`, without positions and scopes.

    Returns: as in `Attention`, except that weights of a row sum to 1 at most: what passes the last key
    attends to nothing, and so do all later queries.

    Masking: as in `Attention`. Masked keys are passed over; a masked query leaves the reader where it stands.

    Numerics: chances and weights in float32 or wider under every dtype policy; no quotient of products of
    chances, so nothing under- or overflows.

    Cost: that of the score, and T steps one after another of B·S·log S.

    Raises:
        ValueError: as `Attention`; a negative noise_std.

    Example:

    >>> import keras
    >>> sounds, letters = keras.Input((None, 8)), keras.Input((None, 6))
    >>> context, weights = MonotonicAttention()(letters, sounds, return_attention_scores=True)
    >>> context.shape, weights.shape
    ((None, None, 8), (None, None, None))

    Reference: Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments,
    equations 8-11, algorithm 1, section 2.4.
    """

    def __init__(
        self, score=None, hard=True, noise_std=1.0, initial_bias=-1.0, dropout=0.0, seed=None, **kwargs
    ):
        if score is None:
            score = NormedAdditiveScore(dtype=kwargs.get("dtype"))
        super().__init__(score=score, normalizer="softmax", dropout=dropout, seed=seed, **kwargs)
        if noise_std < 0:
            raise ValueError(f"A deviation is 0 or more. Received: noise_std={noise_std}")
        self.hard = hard
        self.noise_std = noise_std
        self.initial_bias = initial_bias
        self.decision = Decision(hard, dtype=self.dtype_policy, name="decision")
        self.noise_generator = keras.random.SeedGenerator(seed)

    def build(self, query_shape, value_shape, key_shape=None):
        super().build(query_shape, value_shape, key_shape)
        self.bias = self.add_weight(
            name="bias", shape=(), initializer=keras.initializers.Constant(self.initial_bias)
        )

    def initial_alignment(self, batch_size, length):
        first = ops.arange(length, dtype="int32") == 0
        return ops.broadcast_to(ops.cast(first, "float32"), (batch_size, length))

    def noise(self, shape):
        if not self.noise_std:
            return None
        return keras.random.normal(shape, stddev=self.noise_std, seed=self.noise_generator)

    def align(self, query, key, keep, alignment, noise=None):
        energy = at_least_float32(self.score(query, key)) + at_least_float32(self.bias)  # (B, 1, S)
        if noise is not None:
            energy = energy + ops.cast(noise, energy.dtype)
        chance = self.decision(ops.sigmoid(energy))
        if keep is not None:
            chance = ops.where(keep, chance, 0.0)
        weights = monotonic_weights(ops.expand_dims(alignment, 1), chance)
        return weights, ops.squeeze(weights, 1)

    def get_config(self):
        config = super().get_config()
        del config["normalizer"]
        return {
            **config,
            "hard": self.hard,
            "noise_std": self.noise_std,
            "initial_bias": self.initial_bias,
        }


class Decision(keras.layers.Layer):
    """Chances as they are in training; at inference 1 where they are above 1/2, else 0, if hard."""

    def __init__(self, hard, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.hard = hard

    def call(self, chance, training=None):
        return ops.cast(chance > 0.5, chance.dtype) if self.hard and not training else chance
