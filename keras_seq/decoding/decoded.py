"""What every way of decoding gives."""

from typing import Any, NamedTuple

from keras import ops

__all__ = ["NO_HYPOTHESIS", "Decoded", "decoded"]

NO_HYPOTHESIS = -1e30  # not -inf, of which LiteRT's converter makes a finite number
"""The score where there is no hypothesis; no hypothesis scores half as low."""


class Decoded(NamedTuple):
    """The hypotheses of each row of a batch: B rows, n hypotheses of each, L = max_length.

    Attributes:
        token_ids: int32 `(B, n, L)`, without the start and the end symbol; behind the last token 0.
        lengths: int32 `(B, n)`: how many tokens each has, the end symbol not counted.
        scores: float32 `(B, n)`; what they say, the way of decoding says.
        weights: float32 `(B, L, S)`: those by which each token of the first hypothesis was told, zeros behind
            the last; None where `source_length` was not given.
    """

    token_ids: Any
    lengths: Any
    scores: Any
    weights: Any = None


def decoded(written, scores, weights=None) -> Decoded:
    """The result from what was written: `written` int32 `(B, n, L)`, -1 behind the last token."""
    lengths = ops.sum(ops.cast(written >= 0, "int32"), axis=-1)
    return Decoded(ops.maximum(written, 0), lengths, scores, weights)
