import keras
from keras import ops

from keras_seq.layers.attention.scores import AdditiveScore
from keras_seq.layers.attention.sequential_attention import SequentialAttention
from keras_seq.layers.initializers import fresh
from keras_seq.ops.coverage import coverage_loss
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class CoverageAttention(SequentialAttention):
    """Additive attention that knows how much attention each key has had.

        coverage_ts = Σ_{r < t} weights_rs
        scores_ts   = v · tanh(W_q query_t + W_k key_s + w_c coverage_ts + b)
        weights_t·  = softmax(scores_t·)
        context_t   = Σ_s weights_ts · value_s

    So it can learn to leave nothing out and to read nothing twice. Inside an `AttentionRNN` coverage is a
    state of the cell: `BahdanauCell(cell, CoverageAttention())`.

    Args:
        units: width U of the hidden layer; None takes the key's width.
        loss_weight: λ; training adds λ times the mean over the kept queries of
            Σ_s min(weights_ts, coverage_ts). 0: adds nothing.
        kernel_initializer: of W_q `(Dq, U)`, W_k `(Dk, U)`, v `(U,)` and w_c `(U,)`.
        normalizer: as in `Attention`.
        dropout: as in `Attention`.
        seed: as in `Attention`.

    Call arguments: as in `Attention`, without positions and scopes; any widths.

    Returns: as in `Attention`.

    Masking: as in `Attention`; a masked query adds nothing to the coverage.

    Numerics: coverage is summed in float32 or wider under every dtype policy.

    Cost: that of additive attention, one query after another: T steps of B·S·U.

    Raises:
        ValueError: as `Attention`; units below 1, a negative loss_weight.

    Example:

    >>> import keras
    >>> source, target = keras.Input((None, 8)), keras.Input((None, 6))
    >>> CoverageAttention(16, loss_weight=1.0)(target, source).shape
    (None, None, 8)

    References: See et al. 2017, Get To The Point: Summarization with Pointer-Generator Networks,
    equations 10-12; Tu et al. 2016, Modeling Coverage for Neural Machine Translation.
    """

    def __init__(self, units=None, loss_weight=0.0, kernel_initializer="glorot_uniform", **kwargs):
        score = AdditiveScore(units, kernel_initializer, dtype=kwargs.get("dtype"))
        super().__init__(score=score, **kwargs)
        if loss_weight < 0:
            raise ValueError(f"A loss is weighted by 0 or more. Received: loss_weight={loss_weight}")
        self.loss_weight = loss_weight

    def build(self, query_shape, value_shape, key_shape=None):
        super().build(query_shape, value_shape, key_shape)
        units = self.score.units or (value_shape if key_shape is None else key_shape)[-1]
        self.coverage_kernel = self.add_weight(
            name="coverage_kernel", shape=(units,), initializer=fresh(self.score.kernel_initializer)
        )
        self.bias = self.add_weight(name="bias", shape=(units,), initializer="zeros")

    def initial_alignment(self, batch_size, length):
        return ops.zeros((batch_size, length), "float32")  # nothing is covered

    def align(self, query, key, keep, alignment, noise=None):
        coverage = ops.cast(ops.expand_dims(alignment, -1), key.dtype)  # (B, S, 1)
        kernel, bias = ops.cast(self.coverage_kernel, key.dtype), ops.cast(self.bias, key.dtype)
        scores = self.score(query, key + coverage * kernel + bias)  # (B, 1, S)
        weights = self.normalizer(scores, keep)
        return weights, alignment + at_least_float32(ops.squeeze(weights, 1))

    @property
    def has_loss(self):
        return self.loss_weight > 0

    def loss(self, weights, query_mask=None):
        return self.loss_weight * coverage_loss(weights, query_mask)

    def get_config(self):
        config = super().get_config()
        del config["score"]
        return {
            **config,
            "units": self.score.units,
            "loss_weight": self.loss_weight,
            "kernel_initializer": self.score.get_config()["kernel_initializer"],
        }
