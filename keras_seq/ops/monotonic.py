"""Monotonic attention: where a reader that only moves to the right comes to stand."""

from keras import ops

from keras_seq.ops.precision import at_least_float32

__all__ = ["monotonic_weights"]

_LONGEST = 65_536  # keys, where their number is not known before the graph runs


def monotonic_weights(previous, chance):
    """From where it stood, the reader passes over each key until it stops at one.

        reached_s = (1 - chance_{s-1}) reached_{s-1} + previous_s          reached_0 = previous_0
        weights_s = chance_s reached_s

    Chances of 0 and 1 give the one key where a reader that decides so stops; the steps are those of
    Raffel 2017, algorithm 1. All others give the expectation over readers that decide at random. What passes
    the last key is lost: it stands nowhere, now and at every later step.

    Computed by doubling: after n rounds each key has gathered what came from the 2^n keys before it. Only
    products of chances are formed, so nothing under- or overflows; the quotient of cumulative products, by
    which the paper computes the same, loses a reader that stands behind a product too small for a float.

    Args:
        previous: `(…, S)`, the weights of the step before; at first 1 for key 0 and 0 for all others.
        chance: `(…, S)` in [0, 1], of stopping at a key on reaching it; 0 on padding.

    Returns:
        weights `(…, S)` in float32 or wider; their sum is at most that of `previous`.

    Cost: log2 S rounds, or 16 for an unknown S, which may reach 65,536.

    Reference: Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments,
    equations 8 and 9 and appendix C.
    """
    chance = at_least_float32(chance)
    reached = ops.cast(previous, chance.dtype)
    passed = _shifted(1.0 - chance, 1)  # on the way to s from the key before; none comes from before key 0
    known = isinstance(chance.shape[-1], int)
    span = 1
    while span < (chance.shape[-1] if known else _LONGEST):
        reached = reached + passed * _shifted(reached, span)
        passed = passed * _shifted(passed, span)
        span *= 2
    return chance * reached


def _shifted(numbers, span):
    """numbers_{s - span}, 0 where there is none."""
    length = ops.shape(numbers)[-1]
    if numbers.shape[-1] is not None:
        before = [(0, 0)] * (len(numbers.shape) - 1) + [(span, 0)]
        return ops.pad(numbers, before)[..., :length]
    span = ops.minimum(span, length)  # a short row pays for no long one
    return ops.concatenate([ops.zeros_like(numbers[..., :span]), numbers[..., : length - span]], axis=-1)
