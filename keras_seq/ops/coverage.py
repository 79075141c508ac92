"""Coverage: how much attention each key has had before a step, and what attending to it again costs."""

from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32

__all__ = ["coverage_before", "coverage_loss"]


def coverage_before(weights):
    """coverage_ts = Σ_{r < t} weights_rs    (See 2017, equation 10).

    Args:
        weights: `(B, T, S)`.

    Returns:
        `(B, T, S)`, in float32 or wider.
    """
    weights = at_least_float32(weights)
    return ops.cumsum(weights, axis=1) - weights


def coverage_loss(weights, mask=None):
    """The mean over the kept steps of Σ_s min(weights_ts, coverage_ts)    (See 2017, equation 12).

    0 when no key is attended to twice, at most 1 where the weights of a step sum to 1.

    Args:
        weights: `(B, T, S)`.
        mask: bool `(B, T)`; steps that it drops have weights of zeros.

    Returns:
        A scalar in float32 or wider.
    """
    weights = at_least_float32(weights)
    repeated = ops.sum(ops.minimum(weights, coverage_before(weights)), axis=-1)  # (B, T)
    if mask is None:
        return ops.mean(repeated)
    count = ops.cast(ops.sum(masking.sequence_lengths(mask)), repeated.dtype)
    return ops.sum(ops.where(mask, repeated, 0.0)) / ops.maximum(count, 1.0)
