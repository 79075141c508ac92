"""Memory networks: sentences from their words, their age, and hops over a memory (Sukhbaatar 2015)."""

from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32

__all__ = ["ages", "position_encoding", "read"]


def position_encoding(mask, width):
    """How much each word of a sentence counts in each dimension, so that the order of words matters.

        l_jk = (1 - j/J) - (k/D) (1 - 2j/J)         j = 1 … J words, k = 1 … D

    Args:
        mask: bool `(…, W)`, True = keep; J is the number of words kept, which stand on the left.
        width: D.

    Returns:
        float32 `(…, W, D)`; what stands on padding is of no use.
    """
    j = ops.arange(1, ops.shape(mask)[-1] + 1, dtype="float32")  # (W,)
    count = ops.sum(ops.cast(mask, "float32"), axis=-1, keepdims=True)
    share = ops.expand_dims(j / ops.maximum(count, 1.0), -1)  # j/J, (…, W, 1)
    k = ops.arange(1, width + 1, dtype="float32") / width  # k/D
    return (1 - share) - k * (1 - 2 * share)


def ages(mask):
    """How many kept steps stand behind each, bool `(B, N)` -> int32 `(B, N)`: 0 for the most recent."""
    kept = ops.cast(mask, "int32")
    up_to = ops.cumsum(kept, axis=1)
    return ops.sum(kept, axis=1, keepdims=True) - up_to


def read(state, keys, values, mask=None, softmax=True):
    """One reading of a memory.

        weights_n = softmax(state · key_n)
        output    = Σ_n weights_n · value_n

    Args:
        state: `(B, U)`.
        keys, values: `(B, N, U)`.
        mask: bool `(B, N)`, True = keep; None keeps all.
        softmax: False: the scores themselves are the weights.

    Returns:
        output `(B, U)` and weights `(B, N)`, in the dtype of `state`; zeros where nothing is kept.
    """
    # In float32 or wider from the product on: in float16 the product itself is what overflows.
    query = ops.expand_dims(at_least_float32(state), 2)  # (B, U, 1)
    scores = ops.squeeze(ops.matmul(at_least_float32(keys), query), 2)  # (B, N)
    if softmax:
        weights = masking.masked_softmax(scores, mask)
    else:
        weights = scores if mask is None else ops.where(mask, scores, ops.zeros_like(scores))
    weights = ops.cast(weights, state.dtype)
    output = ops.matmul(ops.expand_dims(weights, 1), masking.zero_masked(values, mask))  # (B, 1, U)
    return ops.squeeze(output, 1), weights
