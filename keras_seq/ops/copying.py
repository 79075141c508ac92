"""Copying: probabilities of words out of the weights of the places where they stand."""

from keras import ops

from keras_seq.ops.precision import at_least_float32

__all__ = ["copy_distribution"]


def copy_distribution(weights, token_ids, size):
    """probs_tv = Σ_{s: token_ids_s = v} weights_ts    (See 2017, equation 9, the second sum).

    Args:
        weights: `(B, T, S)`, 0 on padding.
        token_ids: int `(B, S)`, each from 0 to `size` - 1.
        size: V, how many ids there are.

    Returns:
        `(B, T, V)` in float32 or wider; each row sums to what its weights sum to.

    Memory grows with B·T·V: no (B, S, V) is made.
    """
    weights = at_least_float32(weights)
    batch, length = ops.shape(weights)[0], ops.shape(weights)[1]
    by_place = ops.reshape(ops.transpose(weights, (0, 2, 1)), (-1, length))  # (B·S, T)
    row = ops.expand_dims(ops.arange(batch, dtype="int32"), 1) * size
    ids = ops.reshape(ops.cast(token_ids, "int32") + row, (-1,))  # (B·S,): each row has ids of its own
    by_word = ops.segment_sum(by_place, ids, num_segments=batch * size)  # (B·V, T)
    return ops.transpose(ops.reshape(by_word, (batch, size, length)), (0, 2, 1))
