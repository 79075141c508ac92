"""Masks: made, combined and applied here and nowhere else. True = keep."""

import ml_dtypes
from keras import backend, ops

from keras_seq.ops.precision import at_least_float32

__all__ = [
    "attention_mask",
    "last_step",
    "masked_max",
    "masked_mean",
    "masked_softmax",
    "sequence_lengths",
    "zero_masked",
]


def attention_mask(query_mask=None, value_mask=None, key_mask=None, mask=None):
    """Combine what may be attended to: keep (b, t, s) only where every given mask keeps it.

    Args:
        query_mask: bool `(B, T)`, or None.
        value_mask: bool `(B, S)`, or None.
        key_mask: bool `(B, S)`, or None.
        mask: bool `(B, T, S)` or anything that broadcasts to it, or None.

    Returns:
        bool, broadcastable to `(B, T, S)`; None when nothing is masked.

    Raises:
        ValueError: a mask is not boolean. (0 and -inf, 0 and 1, True = drop: a number does not say which.)
    """
    keep = None
    for name, part, axis in (
        ("query_mask", query_mask, 2),  # (B, T, 1)
        ("value_mask", value_mask, 1),  # (B, 1, S)
        ("key_mask", key_mask, 1),  # (B, 1, S)
        ("attention_mask", mask, None),
    ):
        if part is None:
            continue
        part = _boolean(name, part)
        part = part if axis is None else ops.expand_dims(part, axis)
        keep = part if keep is None else ops.logical_and(keep, part)
    return keep


def masked_softmax(scores, mask=None, axis=-1):
    """Softmax over the kept entries; a row that keeps nothing gives zeros.

        weights_s = keep_s · exp(score_s) / Σ_r keep_r · exp(score_r)

    Args:
        scores: float tensor of any shape.
        mask: bool, broadcastable to `scores`; None keeps all.
        axis: the axis that sums to 1.

    Returns:
        Weights with the shape of `scores`, in float32 or wider whatever the input: half precision
        overflows in the exponential and loses the sum.
    """
    scores = at_least_float32(scores)
    # A product that overflowed in half precision arrives as inf, and inf - inf would be nan.
    scores = ops.clip(scores, _lowest(scores), -_lowest(scores))
    if mask is None:
        return ops.softmax(scores, axis=axis)
    mask = _boolean("mask", mask)
    # The shift cancels out in the quotient, so it carries no gradient. Masked scores are selected away,
    # not lowered: whatever stands on padding, inf and nan too, leaves no trace.
    shift = ops.stop_gradient(ops.max(ops.where(mask, scores, _lowest(scores)), axis=axis, keepdims=True))
    exponentials = ops.where(mask, ops.exp(ops.where(mask, scores - shift, 0.0)), 0.0)
    total = ops.sum(exponentials, axis=axis, keepdims=True)
    return exponentials / ops.where(total > 0, total, 1.0)


def zero_masked(sequence, mask=None):
    """Put zeros where the mask drops a step: `(B, T, D)` and bool `(B, T)` -> `(B, T, D)`; any leading axes.

    By selection, not by multiplication: nan × 0 is nan, and what stands on padding must never matter.
    """
    if mask is None:
        return sequence
    return ops.where(ops.expand_dims(_boolean("mask", mask), -1), sequence, ops.zeros_like(sequence))


def sequence_lengths(mask):
    """How many steps each row keeps: bool `(B, T)` -> int32 `(B,)`."""
    return ops.sum(ops.cast(_boolean("mask", mask), "int32"), axis=1)


def masked_mean(sequence, mask=None):
    """Mean over the kept steps, `(B, T, D)` -> `(B, D)`; zeros for a row that keeps nothing.

    Summed in float32 or wider and returned in the dtype of `sequence`.
    """
    wide = at_least_float32(sequence)
    if mask is None:
        return ops.cast(ops.mean(wide, axis=1), sequence.dtype)
    total = ops.sum(zero_masked(wide, mask), axis=1)
    count = ops.cast(ops.expand_dims(sequence_lengths(mask), 1), wide.dtype)
    return ops.cast(total / ops.maximum(count, 1.0), sequence.dtype)


def masked_max(sequence, mask=None):
    """Maximum over the kept steps, `(B, T, D)` -> `(B, D)`; zeros for a row that keeps nothing."""
    if mask is None:
        return ops.max(sequence, axis=1)
    mask = _boolean("mask", mask)
    highest = ops.max(ops.where(ops.expand_dims(mask, -1), sequence, _lowest(sequence)), axis=1)
    return zero_masked(highest, ops.any(mask, axis=1))


def last_step(sequence, mask=None):
    """The last kept step of right-padded rows, `(B, T, D)` -> `(B, D)`; zeros where a row keeps nothing."""
    if mask is None:
        return sequence[:, -1]
    mask = _boolean("mask", mask)
    following = ops.concatenate([mask[:, 1:], ops.zeros_like(mask[:, :1])], axis=1)
    is_last = ops.logical_and(mask, ops.logical_not(following))  # (B, T), one True a row at most
    return ops.sum(zero_masked(sequence, is_last), axis=1)


def _lowest(tensor):
    """The smallest finite number of the tensor's dtype."""
    return float(ml_dtypes.finfo(backend.standardize_dtype(tensor.dtype)).min)


def _boolean(name, mask):
    mask = ops.convert_to_tensor(mask)
    dtype = backend.standardize_dtype(mask.dtype)
    if dtype != "bool":
        raise ValueError(
            f"A mask is boolean, True = keep. Received: {name} of dtype {dtype}. "
            f"Write {name}={name} > 0, say."
        )
    return mask
