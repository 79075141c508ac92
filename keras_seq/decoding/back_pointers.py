"""Hypotheses as paths back through a search: each step writes one number a beam, whatever came before it.

A place is `number · K + beam` of K beams: so a token and the beam that it continues are one int32, and so are
a hypothesis' length and its last beam.
"""

from keras import ops

from keras_seq.ops.picking import pick

__all__ = ["packed", "trace", "unpacked"]


def packed(numbers, beams, width):
    """One int32 of a number (0 or more) and a beam (0 … width - 1)."""
    return numbers * width + beams


def unpacked(places, width):
    """The number and the beam of each place."""
    numbers = places // width
    return numbers, places - numbers * width


def trace(history, ends, width, steps):
    """The tokens of hypotheses, followed from their ends back.

    Args:
        history: int32 `(L, B, K)`: at step t, for each beam its token and the beam before it that this one
            continues, packed.
        ends: int32 `(B, n)`: of each hypothesis its length and the beam of its last token, packed.
        width: K.
        steps: int32 scalar, how many steps were written.

    Returns:
        token_ids int32 `(B, n, L)`, 0 behind the last; lengths int32 `(B, n)`.
    """
    lengths, beams = unpacked(ends, width)
    positions = ops.reshape(ops.arange(ops.shape(history)[0], dtype="int32"), (-1, 1, 1))  # (L, 1, 1)

    def body(t, beams, written):
        tokens, before = unpacked(pick(ops.take(history, t, axis=0), beams), width)  # (B, n)
        beams = ops.where(t < lengths, before, beams)  # a shorter one waits at its end
        return t - 1, beams, ops.where(positions == t, tokens, written)

    written = ops.zeros_like(positions) + ops.zeros_like(beams)
    written = ops.while_loop(lambda t, *_: t >= 0, body, (steps - 1, beams, written))[2]
    written = ops.transpose(written, (1, 2, 0))
    return ops.where(ops.reshape(positions, (-1,)) < ops.expand_dims(lengths, -1), written, 0), lengths
