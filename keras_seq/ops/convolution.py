"""Windows that move along a sequence: where they stand, convolution and pooling inside them.

A window of `span` steps moves by `strides`. How far it reaches is its padding:

    "valid"    windows that lie wholly inside the sequence
    "same"     a window for every block of `strides` steps, the block in its middle
    "causal"   the same, the block's first step at its end: nothing behind that step is read

What lies outside the sequence, and what its mask drops, counts as zeros in a convolution and not at all in
pooling. A window is kept when the sequence without its padding (on the right) would have it too: so padding
changes neither the windows nor what is in them.

Shapes: B batch, T time (may be unknown), D width, F filters, N number of windows.
"""

from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32, lowest

__all__ = ["convolution", "count", "max_pooling", "mean_pooling", "window_mask"]


def count(length, span, strides=1, padding="same"):
    """How many windows a sequence of `length` steps has; None when its length is not known.

    Raises:
        ValueError: a "valid" window is longer than the sequence.
    """
    if length is None:
        return None
    if padding != "valid":
        return -(-length // strides)
    if length < span:
        raise ValueError(
            f"A window of {span} steps does not fit into a sequence of {length}. "
            f'Received: padding="valid", length={length}. Use padding="same", or a smaller window.'
        )
    return (length - span) // strides + 1


def window_mask(mask, span, strides=1, padding="same"):
    """Which windows are kept: bool `(B, T)` -> bool `(B, N)`; None stays None.

    A window is kept when the step it stands for is kept: its last one for "valid", the first one of its block
    of `strides` steps otherwise. On rows padded on the right these are the windows that the row has alone.
    """
    if mask is None:
        return None
    return masking.every_nth(mask, strides, first=span - 1 if padding == "valid" else 0)


def convolution(inputs, kernel, mask=None, strides=1, padding="same", dilation_rate=1):
    """output_n = Σ_i input_{n·strides + i·dilation_rate - left} · kernel_i    over the steps that are kept.

    Args:
        inputs: float `(B, T, D)`.
        kernel: float `(K, D, F)`.
        mask: bool `(B, T)`; steps that it drops read as zeros.
        strides: steps from window to window.
        padding: "same", "causal" or "valid".
        dilation_rate: steps from tap to tap of the kernel.

    Returns:
        `(B, N, F)`; also for windows that are not kept: see `window_mask`.
    """
    span = (kernel.shape[0] - 1) * dilation_rate + 1
    count(inputs.shape[1], span, strides, padding)
    inputs = _padded(masking.zero_masked(inputs, mask), span, strides, padding)
    return ops.conv(inputs, kernel, strides=strides, dilation_rate=dilation_rate, data_format="channels_last")


def max_pooling(inputs, size, mask=None, strides=1, padding="same"):
    """output_nd = max of input_td over the kept steps t of window n; zeros where there are none.

    Args: as of `convolution`, `size` steps a window. Returns: `(B, N, D)`.
    """
    windows = window_mask(mask, size, strides, padding)
    kept = inputs if mask is None else ops.where(ops.expand_dims(mask, -1), inputs, lowest(inputs))
    highest = _pooled(ops.max_pool, kept, size, strides, padding, fill=lowest(inputs))
    return masking.zero_masked(highest, windows)


def mean_pooling(inputs, size, mask=None, strides=1, padding="same"):
    """output_nd = mean of input_td over the kept steps t of window n; zeros where there are none.

    Args: as of `convolution`, `size` steps a window. Returns: `(B, N, D)`, averaged in float32 or wider.
    """
    wide = at_least_float32(masking.zero_masked(inputs, mask))
    there = ops.ones_like(wide[:, :, :1]) if mask is None else ops.cast(ops.expand_dims(mask, -1), wide.dtype)
    total = _pooled(ops.average_pool, wide, size, strides, padding)  # / size, which cancels out
    share = _pooled(ops.average_pool, there, size, strides, padding)  # of steps that are kept
    mean = ops.cast(total / ops.where(share > 0, share, 1.0), inputs.dtype)
    return masking.zero_masked(mean, window_mask(mask, size, strides, padding))


def _pooled(pool, inputs, size, strides, padding, fill=0.0):
    count(inputs.shape[1], size, strides, padding)
    inputs = _padded(inputs, size, strides, padding, fill)
    return pool(inputs, size, strides, data_format="channels_last")


def _padded(inputs, span, strides, padding, fill=0.0):
    """So many steps before and behind that every window lies inside. None of them depends on the length."""
    if padding == "valid":
        return inputs
    left = span - 1 if padding == "causal" else max(span - strides, 0) // 2
    return ops.pad(inputs, ((0, 0), (left, span - 1 - left), (0, 0)), constant_values=fill)
