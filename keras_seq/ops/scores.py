"""Scores: how well each key answers each query: `(B, T, Dq)` and `(B, S, Dk)` -> `(B, T, S)`."""

from keras import ops

__all__ = ["additive", "scaled_dot"]


def scaled_dot(query, key):
    """score_ts = query_t · key_s / √D    (Vaswani 2017, equation 1); both `D` wide.

    The query is scaled before the product: in float16 the product itself is what overflows.
    """
    return ops.matmul(query * query.shape[-1] ** -0.5, ops.swapaxes(key, -1, -2))


def additive(query, key, v):
    """score_ts = v · tanh(query_t + key_s)    (Bahdanau 2015, A.1.2), query and key already projected to U.

    Memory grows with B·T·S·U.
    """
    hidden = ops.tanh(ops.expand_dims(query, 2) + ops.expand_dims(key, 1))  # (B, T, S, U)
    return ops.squeeze(ops.matmul(hidden, ops.expand_dims(v, 1)), -1)  # (B, T, S)
