"""What every decoding carries from step to step: limits, the model's cache, its logits."""

import numbers

import keras
from keras import ops

from keras_seq.errors import InputError

__all__ = ["asked", "fitted", "row_limits"]


def row_limits(limits, rows, max_length):
    """At most how many steps each of `rows` rows takes: int32 `(rows,)`.

    Args:
        limits: int `(rows,)`, or None for as many as all.
        rows: int or int32 scalar.
        max_length: int or int32 scalar, the most that any row takes.

    Raises:
        InputError: max_length is below 1.
    """
    if isinstance(max_length, (bool, float)) or (isinstance(max_length, numbers.Integral) and max_length < 1):
        raise InputError(f"max_length is how many steps there may be, 1 or more. Received: {max_length=!r}")
    most = ops.zeros((rows,), dtype="int32") + max_length
    return most if limits is None else ops.minimum(ops.cast(limits, "int32"), most)


def asked(step, token_ids, leaves, cache, t):
    """One step of the model.

    Args:
        step: see `keras_seq.decoding`.
        token_ids: int32 `(N,)`.
        leaves: the cache's tensors now, flat.
        cache: the cache before the first step: how the tensors are nested.
        t: int32 scalar.

    Returns:
        logits float32 `(N, V)`; weights `(N, S)` or None; the cache's tensors after this step, flat.

    Raises:
        ValueError: logits that are not `(N, V)` with V known.
    """
    packed = keras.tree.pack_sequence_as(cache, list(leaves))
    logits, weights, after = step(token_ids, packed, t)
    if len(logits.shape) != 2 or logits.shape[-1] is None:
        raise ValueError(
            "A step gives logits (N, V), one row for each of the N token ids and V known. "
            f"Received: logits of shape {tuple(logits.shape)}"
        )
    logits = fitted(ops.cast(logits, "float32"), (*ops.shape(token_ids), logits.shape[-1]))
    return logits, weights, keras.tree.flatten(after)


def fitted(tensor, shape):
    """The tensor with the shape that it has anyway: a graph may know more of the one than of the other."""
    known = [size if isinstance(size, int) else None for size in shape]
    return tensor if list(tensor.shape) == known else ops.reshape(tensor, shape)
