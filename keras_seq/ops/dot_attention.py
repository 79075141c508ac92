"""Attention by dot products that never holds its weights `(B, T, S)`: in blocks, and again on the way back.

Forward this is the faster form for long sequences: a block stays in the processor's cache. The way back
computes the weights a second time, which costs about a quarter more than to have kept them.
"""

import math

import keras
from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.blocks import Blocks
from keras_seq.ops.precision import at_least_float32

__all__ = ["dot_attention", "is_worth_it"]

_BLOCK = 2**20
"""Weights of a block. TensorFlow computes a few blocks side by side."""


_KEPT = 2**27
"""Weights that may be kept for the way back: half a gigabyte in float32."""


def is_worth_it(query, key, training=False):
    """Whether lengths are known, and weights so many that blocks are faster, or in training too many to keep.

    An unknown batch counts as 8.
    """
    sizes = query.shape[0] or 8, query.shape[1], key.shape[1]
    if not all(isinstance(size, int) for size in sizes):  # None, or JAX's symbol
        return False
    return query.shape[1] > 1 and math.prod(sizes) > (_KEPT if training else 4 * _BLOCK)


def dot_attention(query, key, value, query_mask=None, key_mask=None, is_causal=False):
    """Dot-product attention in blocks of queries, forward and backward.

        context_t = Σ_s weights_ts · value_s          weights_t· = masked_softmax(query_t · key_s)

    Args:
        query: `(B, T, D)`, scaled already; one floating dtype for it and the next two.
        key: `(B, S, D)`.
        value: `(B, S, Dv)`.
        query_mask: bool `(B, T)`; a masked query gets zeros. None keeps all.
        key_mask: bool `(B, S)`; None keeps all.
        is_causal: keep s <= t alone.

    Returns:
        context `(B, T, Dv)`; zeros for a query with nothing to attend to.

    Reference: Rabe & Staats 2021, Self-attention Does Not Need O(n²) Memory; Dao et al. 2022, FlashAttention
    (the way back).
    """
    cost = ops.shape(key)[0] * ops.shape(key)[1]
    blocks = Blocks(query, cost, _BLOCK)
    back = Blocks(query, cost, 4 * _BLOCK)  # one after the other, and each adds to sums as long as the keys

    def placed(blocks):
        """What masks of blocks are made of: where queries stand, and which of them are kept, if not all."""
        if query_mask is None:
            return (blocks.positions(),)
        return blocks.positions(), blocks.fold(masking.boolean("query_mask", query_mask))

    def weights_of(query, key, positions, kept=None):
        """Of one block of queries, `(B, t, S)`."""
        causal = masking.causal_mask(None, ops.shape(key)[1], positions) if is_causal else None
        keep = masking.attention_mask(kept, None, key_mask, causal)
        return masking.masked_softmax(ops.matmul(query, ops.swapaxes(key, -1, -2)), keep)

    @ops.custom_gradient
    def attend(query, key, value):
        def context_of(block):
            return ops.matmul(ops.cast(weights_of(block[0], key, *block[1:]), value.dtype), value)

        context = blocks.unfold(ops.map(context_of, (blocks.fold(query), *placed(blocks))))

        def gradient(*upstream):  # TensorFlow gives one argument per output, JAX a tuple of them
            (d_context,) = keras.tree.flatten(upstream)
            # What the derivative of the softmax subtracts: Σ_s weights_ts d_weights_ts.
            shared = ops.sum(at_least_float32(d_context) * at_least_float32(context), axis=-1, keepdims=True)
            queries = back.fold(query)
            folded = queries, *placed(back), back.fold(d_context), back.fold(shared)

            def body(index, d_queries, d_key, d_value):
                query, *place, d_context, shared = (ops.take(each, index, axis=0) for each in folded)
                weights = weights_of(query, key, *place)
                d_weights = at_least_float32(ops.matmul(d_context, ops.swapaxes(value, -1, -2)))
                d_scores = ops.cast(weights * (d_weights - shared), query.dtype)
                weights = ops.cast(weights, value.dtype)
                d_query = ops.expand_dims(ops.matmul(d_scores, key), 0)
                d_queries = ops.slice_update(d_queries, (index, 0, 0, 0), d_query)
                d_key += at_least_float32(ops.matmul(ops.swapaxes(d_scores, -1, -2), query))
                d_value += at_least_float32(ops.matmul(ops.swapaxes(weights, -1, -2), d_context))
                return index + 1, d_queries, d_key, d_value

            sums = (at_least_float32(ops.zeros_like(each)) for each in (key, value))
            start = (ops.cast(0, "int32"), ops.zeros_like(queries), *sums)
            _, d_queries, d_key, d_value = ops.while_loop(lambda index, *_: index < back.count, body, start)
            return back.unfold(d_queries), ops.cast(d_key, key.dtype), ops.cast(d_value, value.dtype)

        return context, gradient

    return attend(query, key, value)
