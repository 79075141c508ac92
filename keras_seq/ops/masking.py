"""Masks: made, combined and applied here and nowhere else. True = keep."""

from keras import backend, ops

from keras_seq.ops.precision import at_least_float32, lowest

__all__ = [
    "attention_mask",
    "boolean",
    "causal_mask",
    "combine",
    "end_steps",
    "every_nth",
    "first_step",
    "last_step",
    "masked_log_softmax",
    "masked_max",
    "masked_mean",
    "masked_softmax",
    "number_kept",
    "relative_positions",
    "sequence_lengths",
    "window_mask",
    "zero_masked",
    "zero_padding",
]

_LOG_ZERO = -32768.0  # in float16 and bfloat16 the same number


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
        ValueError: a mask is not boolean (0 and -inf, 0 and 1, True = drop: a number does not say which), or
            has too many axes.
    """
    keep = None
    for name, part, axis in (
        ("query_mask", query_mask, 2),  # (B, T, 1)
        ("value_mask", value_mask, 1),  # (B, 1, S)
        ("key_mask", key_mask, 1),  # (B, 1, S)
        ("attention_mask", mask, None),
    ):
        if part is not None:
            part = boolean(name, part)
            _expect_at_most(name, part, 3 if axis is None else 2)
            keep = combine(keep, part if axis is None else ops.expand_dims(part, axis))
    return keep


def combine(*masks):
    """Keep what every mask keeps; None keeps all, and None comes back when no mask was given."""
    keep = None
    for mask in masks:
        if mask is not None:
            keep = mask if keep is None else ops.logical_and(keep, mask)
    return keep


def relative_positions(query_length, key_length, query_positions=None):
    """How far behind its query each key stands: s - position_t.

    Args:
        query_length: T.
        key_length: S; keys stand at 0 … S-1.
        query_positions: where the queries stand, `(T,)` or `(B, T)`; None: at 0 … T-1.

    Returns:
        `(T, S)` or `(B, T, S)`, int32 or the dtype of `query_positions`.

    Raises:
        ValueError: positions of another rank.
    """
    if query_positions is None:
        query_positions = ops.arange(query_length, dtype="int32")
    positions = ops.convert_to_tensor(query_positions)
    if len(positions.shape) not in (1, 2):
        raise ValueError(
            "query_positions say where each query stands: shape (T,), or (B, T) where rows differ. "
            f"Received: query_positions of shape {tuple(positions.shape)}"
        )
    return ops.arange(key_length, dtype=positions.dtype) - ops.expand_dims(positions, -1)


def causal_mask(query_length, key_length, query_positions=None):
    """Keep what stands no later than the query: s <= position_t.

    Arguments and shapes as in `relative_positions`: bool `(T, S)` or `(B, T, S)`.
    """
    return window_mask(query_length, key_length, after=0, query_positions=query_positions)


def window_mask(query_length, key_length, before=None, after=None, query_positions=None):
    """Keep a band around each query: position_t - before <= s <= position_t + after.

    Args:
        query_length, key_length, query_positions: as in `relative_positions`.
        before: how far back the band reaches; None: to the first key.
        after: how far ahead it reaches; None: to the last key.

    Returns:
        bool `(T, S)` or `(B, T, S)`; None when neither side ends.
    """
    behind = relative_positions(query_length, key_length, query_positions)
    return combine(
        None if before is None else behind >= -before,
        None if after is None else behind <= after,
    )


def number_kept(mask, length):
    """How many of `length` entries of its last axis a mask keeps: bool `(…, S)` or `(…, 1)` -> int32 `(…)`.

    With None, which keeps all, the number is `length`.
    """
    if mask is None:
        return ops.convert_to_tensor(length, "int32")
    spread = ops.logical_and(boolean("mask", mask), ops.ones((length,), "bool"))  # (…, S)
    return ops.sum(ops.cast(spread, "int32"), axis=-1)


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
    narrow = scores
    scores = at_least_float32(scores)
    least = lowest(scores)
    if narrow.dtype != scores.dtype:
        # A product that overflowed in half precision arrives as inf, and inf - inf would be nan.
        scores = ops.clip(scores, least / 2, -least / 2)
    if mask is None:
        return _softmax(scores, axis)
    mask = boolean("mask", mask)
    # Selected away before and behind: whatever stands on padding, inf and nan too, leaves no trace, and its
    # weight is 0 also in a row that keeps nothing.
    return ops.where(mask, _softmax(ops.where(mask, scores, least), axis), 0.0)


def masked_log_softmax(scores, mask=None):
    """log of the softmax over the kept entries of the last axis, in float32 or wider.

        log_probs_s = score_s - log Σ_r keep_r · exp(score_r)

    Numbers end at -32768, which stands for the logarithm of 0: its exponential is exactly 0 in every dtype,
    and sums of it are finite. What the mask drops gets it.
    """
    scores = at_least_float32(scores)
    scores = ops.clip(scores, lowest(scores), -lowest(scores))
    if mask is None:
        return ops.maximum(ops.log_softmax(scores, axis=-1), _LOG_ZERO)
    mask = ops.logical_and(boolean("mask", mask), ops.ones_like(scores, dtype="bool"))
    kept = ops.where(mask, scores, 0.0)
    shift = ops.stop_gradient(ops.max(ops.where(mask, scores, lowest(scores)), axis=-1, keepdims=True))
    exponentials = ops.where(mask, ops.exp(ops.where(mask, kept - shift, 0.0)), 0.0)
    total = ops.sum(exponentials, axis=-1, keepdims=True)
    log_probs = kept - shift - ops.log(ops.where(total > 0, total, 1.0))
    return ops.where(mask, ops.maximum(log_probs, _LOG_ZERO), _LOG_ZERO)


def zero_masked(sequence, mask=None, name="mask"):
    """Put zeros where the mask drops a step: `(B, T, D)` and bool `(B, T)` -> `(B, T, D)`; any leading axes.

    By selection, not by multiplication: nan × 0 is nan, and what stands on padding must never matter. Letters
    call the mask by `name`.
    """
    if mask is None:
        return sequence
    mask = boolean(name, mask)
    _expect_at_most(name, mask, len(sequence.shape) - 1)
    return ops.where(ops.expand_dims(mask, -1), sequence, ops.zeros_like(sequence))


def zero_padding(query, value, key=None, query_mask=None, value_mask=None, key_mask=None):
    """What an attention reads, with zeros on padding; a key of None is the value.

    A weight of 0 does not suffice: 0 times inf or nan is nan, on the way back too, and in half precision the
    padding's numbers overflow sooner than others.

    Args:
        query, value, key: `(B, T, Dq)`, `(B, S, Dv)`, `(B, S, Dk)` or None.
        query_mask, value_mask, key_mask: bool `(B, T)`, `(B, S)`, `(B, S)`, or None.

    Returns:
        query, value and key; what one of the two masks drops is zeros in value and key.
    """

    def of_memory(sequence):
        return zero_masked(zero_masked(sequence, value_mask, "value_mask"), key_mask, "key_mask")

    zeroed = of_memory(value)
    return zero_masked(query, query_mask, "query_mask"), zeroed, zeroed if key is None else of_memory(key)


def sequence_lengths(mask):
    """How many steps each row keeps: bool `(B, T)` -> int32 `(B,)`."""
    return ops.sum(ops.cast(boolean("mask", mask), "int32"), axis=1)


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
    mask = boolean("mask", mask)
    highest = ops.max(ops.where(ops.expand_dims(mask, -1), sequence, lowest(sequence)), axis=1)
    return zero_masked(highest, ops.any(mask, axis=1))


def last_step(sequence, mask=None):
    """The last kept step of each row, `(B, T, D)` -> `(B, D)`; zeros where a row keeps nothing."""
    if mask is None:
        return sequence[:, -1]
    return _picked_step(sequence, mask, ops.arange(1, ops.shape(sequence)[1] + 1, dtype="int32"))


def first_step(sequence, mask=None):
    """The first kept step of each row, `(B, T, D)` -> `(B, D)`; zeros where a row keeps nothing."""
    if mask is None:
        return sequence[:, 0]
    return _picked_step(sequence, mask, ops.arange(ops.shape(sequence)[1], 0, -1, dtype="int32"))


def end_steps(sequence, mask=None):
    """Where each of two directions ends, `(B, T, D)` -> `(B, D)`; zeros where a row keeps nothing.

    Of the first half of the width the last kept step; of the second, read from right to left, the first.
    """
    half = sequence.shape[-1] // 2
    ends = last_step(sequence, mask)[:, :half], first_step(sequence, mask)[:, half:]
    return ops.concatenate(ends, axis=-1)


def _picked_step(sequence, mask, rank):
    """The kept step of the highest rank, `(B, T, D)`, `(B, T)` and `(T,)` -> `(B, D)`; ranks are above 0."""
    rank = ops.where(boolean("mask", mask), rank, 0)  # (B, T)
    picked = ops.logical_and(rank > 0, rank == ops.max(rank, axis=1, keepdims=True))
    return ops.sum(zero_masked(sequence, picked), axis=1)


def every_nth(mask, strides, first=0):
    """The mask of every `strides`-th step, beginning with step `first`: bool `(B, T)` -> bool `(B, N)`."""
    return boolean("mask", mask)[:, first::strides]


def boolean(name, mask):
    """The mask as a tensor; one that is not boolean is refused by its name."""
    mask = ops.convert_to_tensor(mask)
    dtype = backend.standardize_dtype(mask.dtype)
    if dtype != "bool":
        raise ValueError(
            f"A mask is boolean, True = keep. Received: {name} of dtype {dtype}. "
            f"Write {name}={name} > 0, say."
        )
    return mask


def _expect_at_most(name, mask, axes):
    """Refuse a mask with so many axes that it would broadcast to more than there is."""
    if len(mask.shape) > axes:
        raise ValueError(
            f"{name} has too many axes: {axes} at most, (batch, query length, key length) or "
            f"(batch, length). Received: {name} of shape {tuple(mask.shape)}"
        )


def _softmax(scores, axis):
    # Keras warns of a softmax over a single entry, which a sequence of one step is.
    return ops.ones_like(scores) if scores.shape[axis] == 1 else ops.softmax(scores, axis=axis)
