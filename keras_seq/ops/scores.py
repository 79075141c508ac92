"""Scores: how well each key answers each query: `(B, T, Dq)` and `(B, S, Dk)` -> `(B, T, S)`."""

from keras import ops

from keras_seq.ops import additive_blocks
from keras_seq.ops.precision import at_least_float32, lowest

__all__ = [
    "additive",
    "concat",
    "cosine",
    "direction",
    "dot",
    "general",
    "location",
    "project",
    "scaled_dot",
]


def project(query, kernel):
    """query_t W: `(B, T, Dq)` and `(Dq, U)` -> `(B, T, U)`.

    A single query as rows: in a loop, with an unknown batch, XLA cannot compile the gradient of a product of
    more axes in TensorFlow.
    """
    if query.shape[1] != 1:
        return ops.matmul(query, kernel)
    return ops.expand_dims(ops.matmul(ops.squeeze(query, 1), kernel), 1)


def dot(query, key):
    """score_ts = query_t · key_s    (Luong 2015, section 3.1); both `D` wide."""
    return ops.matmul(query, ops.swapaxes(key, -1, -2))


def scaled_dot(query, key):
    """score_ts = query_t · key_s / √D    (Vaswani 2017, equation 1); both `D` wide.

    The query is scaled before the product: in float16 the product itself is what overflows.
    """
    return dot(query * query.shape[-1] ** -0.5, key)


def general(query, key, kernel):
    """score_ts = query_t W key_s    (Luong 2015, section 3.1); W `(Dq, Dk)`."""
    return dot(query, ops.matmul(key, ops.transpose(kernel)))


def additive(query, key, v):
    """score_ts = v · tanh(query_t + key_s)    (Bahdanau 2015, A.1.2), query and key already projected to U.

    In blocks where it is large: B·T·S memory, not B·T·S·U.
    """
    return additive_blocks.additive(query, key, v)


def concat(query, key, kernel, v):
    """score_ts = v · tanh([query_t ; key_s] W)    (Luong 2015, section 3.1); W `(Dq + Dk, U)`.

    The upper rows of W meet the query alone and the lower ones the key alone, so each is projected once
    and pairs are only added.
    """
    width = query.shape[-1]
    return additive(project(query, kernel[:width]), ops.matmul(key, kernel[width:]), v)


def cosine(query, key):
    """score_ts = query_t · key_s / (|query_t| |key_s|)    (Graves 2014, equation 6); both `D` wide.

    Between -1 and 1; 0, with gradient 0, where one of the two is all zeros.
    """
    return dot(direction(query), direction(key))


def direction(vectors):
    """Each vector over its length, `(…, D)`; zeros, with gradient 0, for a vector of zeros.

    The length is taken in float32 or wider, of numbers that are 1 at most: no square overflows, and none
    vanishes.
    """
    wide = at_least_float32(vectors)
    # A direction does not change with the size, so this carries no gradient.
    largest = ops.stop_gradient(ops.max(ops.abs(wide), axis=-1, keepdims=True))
    is_zero = largest == 0
    wide = wide / ops.where(is_zero, 1.0, largest)
    square = ops.sum(ops.square(wide), axis=-1, keepdims=True)  # between 1 and D, or 0
    length = ops.sqrt(ops.where(is_zero, 1.0, square))
    return ops.cast(ops.where(is_zero, 0.0, wide / length), vectors.dtype)


def location(query, kernel, key_length):
    """score_t· = query_t W    (Luong 2015, equation 8): by position, whatever the keys hold.

    Args:
        query: `(B, T, Dq)`.
        kernel: W `(Dq, L)`, a column for each of the first L positions.
        key_length: S. Positions from L on get the lowest finite score, which is no weight.

    Returns:
        `(B, T, S)`.
    """
    number = kernel.shape[-1]
    position = ops.arange(key_length, dtype="int32")
    by_position = ops.take(project(query, kernel), ops.minimum(position, number - 1), axis=-1)
    return ops.where(position < number, by_position, lowest(by_position))
