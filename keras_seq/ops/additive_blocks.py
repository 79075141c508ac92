"""The additive score without its hidden layer `(B, T, S, U)`: in blocks, computed again on the way back.

Held at once is a block of about a million hidden units; TensorFlow computes a few blocks side by side.
For large sizes this is also the faster form: a block stays in the processor's cache.

Shapes: query `(B, T, U)`, key `(B, S, U)`, both projected, v `(U,)`; scores `(B, T, S)`.
"""

import math

import keras
from keras import backend, ops

from keras_seq.ops.blocks import Blocks
from keras_seq.ops.exporting import is_for_export
from keras_seq.ops.precision import at_least_float32

__all__ = ["additive", "key_slopes"]

_BLOCK = 2**20
"""Hidden units of a block; what is no larger than four of them is computed at once."""


def additive(query, key, v):
    """score_ts = v · tanh(query_t + key_s), in blocks where it is large or of unknown size."""
    dtype = backend.result_type(query.dtype, key.dtype, v.dtype)
    query, key, v = (ops.cast(ops.convert_to_tensor(each), dtype) for each in (query, key, v))
    # A query alone has a hidden layer no larger than its keys. LiteRT has no loop over unknown sizes.
    at_once = query.shape[1] == 1 or _is_small(query, key) or is_for_export()
    return _scores(_hidden(query, key), v) if at_once else _in_blocks(query, key, v)


def _is_small(query, key):
    sizes = (*query.shape, key.shape[1])
    if not all(isinstance(size, int) for size in sizes):
        return None not in sizes  # JAX has a symbol for an open length, and runs nothing with it
    return math.prod(sizes) <= 4 * _BLOCK


def _hidden(query, key):
    return ops.tanh(ops.expand_dims(query, 2) + ops.expand_dims(key, 1))  # (B, T, S, U)


def _scores(hidden, v):
    if hidden.shape[1] == 1 and not is_for_export():
        # As a sum: in a loop, with an unknown batch, XLA cannot compile the gradient of a product with a
        # matrix in TensorFlow.
        return ops.cast(ops.sum(at_least_float32(hidden * v), axis=-1), hidden.dtype)
    return ops.squeeze(ops.matmul(hidden, ops.expand_dims(v, 1)), -1)  # (B, T, S)


@ops.custom_gradient
def _in_blocks(query, key, v):
    scores = _map(lambda query: _scores(_hidden(query, key), v), key, query)

    def gradient(*upstream):  # TensorFlow gives one argument per output, JAX a tuple of them
        (d_scores,) = keras.tree.flatten(upstream)
        slope_sums = _map(lambda query, by: _sum_of_slopes(_hidden(query, key), by), key, query, d_scores)
        d_query, d_v = ops.split(slope_sums, 2, axis=-1)
        d_key = v * key_slopes(query, key, d_scores)
        d_v = ops.cast(ops.sum(at_least_float32(d_v), axis=(0, 1)), v.dtype)
        return v * d_query, d_key, d_v

    return scores, gradient


def key_slopes(query, key, d_scores):
    """Σ_t d_scores_ts (1 - tanh²(query_t + key_s)), in blocks: `(B, S, U)`."""
    # The formula is the same with query and key exchanged.
    by_key = ops.swapaxes(d_scores, 1, 2)
    return _map(lambda key, by: _sum_of_slopes(_hidden(key, query), by, False), query, key, by_key)


def _sum_of_slopes(hidden, d_scores, with_hidden=True):
    """Σ_s d_ts (1 - hidden_ts²), and beside it Σ_s d_ts hidden_ts: `(B, T, S, U)` -> `(B, T, U or 2U)`."""
    by = ops.expand_dims(d_scores, 2)  # (B, T, 1, S)
    # Σ d - Σ d hidden²: the 1 is not written for each hidden unit.
    sums = [ops.sum(by, axis=-1, keepdims=True) - ops.matmul(by, hidden * hidden)]
    if with_hidden:
        sums.append(ops.matmul(by, hidden))
    return ops.squeeze(ops.concatenate(sums, axis=-1), 2)


def _map(function, other, *sequences):
    """`function` of blocks of the sequences `(B, T, …)`, each step of which meets all of `other`."""
    batch, length, width = ops.shape(other)
    blocks = Blocks(sequences[0], cost=batch * length * width, budget=_BLOCK)
    folded = tuple(blocks.fold(sequence) for sequence in sequences)
    return blocks.unfold(ops.map(lambda each: function(*each), folded))
