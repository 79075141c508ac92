"""Ways to the same context that cost less than all weights, for when nobody asks for them."""

import collections

from keras import ops

from keras_seq.layers.attention.scopes import CausalScope, GlobalScope
from keras_seq.layers.attention.scores import ScaledDotScore
from keras_seq.layers.attention.selections import SoftSelection
from keras_seq.ops import masking, normalizers
from keras_seq.ops.dot_attention import dot_attention, is_worth_it
from keras_seq.ops.exporting import is_for_export

__all__ = ["Near", "dot_product", "is_dot_product", "near"]

Near = collections.namedtuple("Near", ["folding", "keep", "factor"])
"""A folding of `keras_seq.ops.windows`, with what is kept `(N, w, W)` and the scope's factor, or None."""


def near(attention, query, key, query_mask=None, value_mask=None, key_mask=None):
    """How the queries fold together with the keys near them, for cost that is linear in length.

    Args:
        attention: an `Attention`.
        query: `(B, T, Dq)`.
        key: `(B, S, …)`, prepared or not.
        query_mask, value_mask, key_mask: as `Attention` takes them.

    Returns:
        A `Near`. None where all must meet all: the scope is not local, the score asks for more than the two
        that meet, or the sequences are known to be no longer than the window.
    """
    sizes = (*query.shape[:2], key.shape[1])
    # JAX has symbols for open sizes, which cannot be compared, and runs nothing with them.
    if not attention.score.of_pairs or not all(size is None or isinstance(size, int) for size in sizes):
        return None
    query_mask = _all(query) if query_mask is None else query_mask
    key_mask = _all(key) if value_mask is key_mask is None else _of_keys(value_mask, key_mask)
    local = attention.scope.near(query, key_mask)
    if local is None:
        return None
    folding, factor = local
    return Near(folding, folding.keep(query_mask, key_mask), factor)


def is_dot_product(attention, query, key, training):
    """Whether an attention is the scaled dot product with a softmax, and over many pairs."""
    return (
        type(attention.score) is ScaledDotScore
        and attention.normalizer is normalizers.softmax
        and type(attention.scope) in (GlobalScope, CausalScope)
        and type(attention.selection) is SoftSelection
        and not (attention.dropout and training)
        and is_worth_it(query, key, training)
        and not is_for_export()
    )


def dot_product(attention, query, key, value, query_mask, value_mask, key_mask, is_causal):
    """Its context, in blocks that hold no weights of all pairs; arguments as `Attention` takes them."""
    return dot_attention(
        query * query.shape[-1] ** -0.5,
        key,
        value,
        query_mask,
        _of_keys(value_mask, key_mask),
        is_causal or isinstance(attention.scope, CausalScope),
    )


def _of_keys(value_mask, key_mask):
    """What both masks keep, bool `(B, S)`, or None."""
    keep = masking.attention_mask(None, value_mask, key_mask)
    return keep if keep is None else ops.squeeze(keep, 1)


def _all(sequence):
    """A mask that keeps every step: bool `(B, T)`."""
    return ops.ones(ops.shape(sequence)[:2], "bool")
