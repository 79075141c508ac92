import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class StructuredSelfAttention(TracedLayer):
    """A sequence as a matrix: several weighted means of its steps, each looking for something of its own.

        A = softmax(W_2 tanh(W_1 Hᵀ))        (hops, T), over the steps that the mask keeps
        M = A H                              (hops, D)
        P = ‖A Aᵀ - I‖²_F                    added to the loss, times `penalty`: hops are to differ

    B batch, T length, D width, U units.

    Args:
        units: U, the height of W_1.
        hops: how many means.
        penalty: what P, a mean over the batch, is multiplied by before it is added to the loss; 0: none.
        kernel_initializer: of W_1, kept as `(D, U)`, and W_2, kept as `(U, hops)`.

    Call arguments:
        inputs: float `(B, T, D)`, H in the formula: the states of a BiLSTM, say.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        return_attention_scores: also return the weights.

    Returns:
        M `(B, hops, D)`, which `keras.layers.Flatten` makes one vector; with `return_attention_scores` the
        pair (M, A `(B, hops, T)`).

    Masking: weights on padding are exactly 0. A row that keeps nothing gives zeros and no penalty: P is a
    mean over the other rows. The result has no mask.

    Numerics: softmax and penalty in float32 or wider.

    Cost: B·T·U·(D + hops) and B·T·hops·D multiplications.

    Raises:
        ValueError: units or hops below 1, a penalty below 0, wrong rank, a mask that is not boolean.

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> matrix, weights = StructuredSelfAttention(16, hops=4)(states, return_attention_scores=True)
    >>> matrix.shape, weights.shape
    ((None, 4, 8), (None, 4, None))
    >>> keras.layers.Flatten()(matrix).shape
    (None, 32)

    Reference: Lin et al. 2017, A Structured Self-attentive Sentence Embedding, equations 6 to 8.
    """

    def __init__(self, units, hops, penalty=1.0, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, units=units, hops=hops)
        require_at_least(0, penalty=penalty)
        self.supports_masking = True
        self.units = units
        self.hops = hops
        self.penalty = penalty
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        self.w_1 = self._kernel("w_1", (inputs_shape[-1], self.units))
        self.w_2 = self._kernel("w_2", (self.units, self.hops))
        self.built = True

    def call(self, inputs, mask=None, return_attention_scores=False):
        inputs = masking.zero_masked(inputs, mask)
        keep = masking.attention_mask(value_mask=mask)  # (B, 1, T)
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.w_1)), self.w_2)  # (B, T, hops)
        weights = masking.masked_softmax(ops.swapaxes(scores, 1, 2), keep)  # (B, hops, T)
        if self.penalty:
            self.add_loss(self.penalty * _redundancy(weights, mask))
        weights = ops.cast(weights, self.compute_dtype)
        recording.report(self, weights)
        matrix = ops.matmul(weights, inputs)  # (B, hops, D)
        return (matrix, weights) if return_attention_scores else matrix

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], self.hops, inputs_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hops": self.hops,
            "penalty": self.penalty,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _kernel(self, name, shape):
        return self.add_weight(name=name, shape=shape, initializer=fresh(self.kernel_initializer))


def _redundancy(weights, mask):
    """‖A Aᵀ - I‖²_F of weights `(B, hops, T)`, a mean over the rows that keep something."""
    weights = at_least_float32(weights)
    overlap = ops.matmul(weights, ops.swapaxes(weights, 1, 2))  # (B, hops, hops)
    each = ops.sum((overlap - ops.eye(weights.shape[1], dtype=weights.dtype)) ** 2, axis=(1, 2))  # (B,)
    if mask is None:
        return ops.mean(each)
    kept = ops.any(mask, axis=1)  # (B,)
    count = ops.maximum(ops.sum(ops.cast(kept, each.dtype)), 1.0)
    return ops.sum(ops.where(kept, each, ops.zeros_like(each))) / count
