"""What a self-attention that goes step by step remembers: the keys and values of the steps so far.

    room      (B, H, L·K, width)     zeros that the steps are written to: its shape never changes
    growing   (B, H, t·K, width)     the steps alone, each put behind those before it

Which of the two says `keras_seq.ops.stepping`.

K hypotheses of a source share its cache: hypothesis k of step t is at t·K + k. Where it grows a step may have
had fewer, as the first one may, and the next ones follow closer. Their lineage says which of all these are in
the past of each; to go on from another hypothesis is to take over its lineage. Keys and values stay where
they are.

    lineage   bool (B, K, L·K) or (B, K, t·K)
"""

from typing import Any, NamedTuple

from keras import ops

from keras_seq.ops import stepping

__all__ = ["Growing", "empty", "lineage", "reordered_lineage", "with_own_step", "with_step"]


class Growing(NamedTuple):
    """Keys and values of a cache that grows; a cache with room is a tuple."""

    keys: Any
    values: Any


def empty(rows, max_length, copies, widths, dtype):
    """The cache before the first step.

    Args:
        rows: B and H.
        max_length: L, an int or an int32 scalar tensor.
        copies: K.
        widths: of keys and values.
        dtype: of both.
    """
    kept = [stepping.nothing_kept(rows, max_length, copies, width, dtype) for width in widths]
    return Growing(*kept) if stepping.grows(kept[0]) else tuple(kept)


def with_step(cache, new, step):
    """The cache with the keys and values of a step, each `(B, H, K, width)`."""
    if isinstance(cache, Growing):
        return Growing(*(ops.concatenate(pair, axis=2) for pair in zip(cache, new, strict=True)))
    return tuple(stepping.with_step(old, one, step) for old, one in zip(cache, new, strict=True))


def lineage(cache):
    """The lineage of one hypothesis before its first step, `(B, 1, …)`: of nothing."""
    keys = cache[0]
    return ops.zeros((ops.shape(keys)[0], 1, ops.shape(keys)[2]), dtype="bool")


def with_own_step(lineage, cache, step):
    """The lineage where each hypothesis sees itself at this step too."""
    batch, copies, length = ops.shape(lineage)
    if isinstance(cache, Growing):
        own = ops.broadcast_to(ops.eye(copies, dtype="bool"), (batch, copies, copies))
        return ops.concatenate([lineage, own], axis=2)
    own = ops.expand_dims(ops.arange(copies, dtype="int32") + step * copies, 1)  # (K, 1)
    return ops.logical_or(lineage, ops.arange(length, dtype="int32") == own)


def reordered_lineage(lineage, rows):
    """The lineage where row n of `(B·K)` goes on from row `rows[n]`."""
    shape = ops.shape(lineage)
    flat = ops.reshape(lineage, (-1, shape[2]))
    return ops.reshape(ops.take(flat, rows, axis=0), shape)
