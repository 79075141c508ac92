"""Sequences cut into blocks of steps, for what must not be held for all of them at once.

Sizes are numbers, or tensors where they are unknown.
"""

from keras import ops

__all__ = ["Blocks", "larger", "smaller"]


class Blocks:
    """A sequence `(B, T, …)` as `count` blocks of `steps` steps, the last one filled with zeros.

    Args:
        sequence: its batch and length are cut.
        cost: of one step, for all rows of the batch.
        budget: what a block may cost; it holds one step at least.
    """

    def __init__(self, sequence, cost, budget):
        self.batch, self.time = ops.shape(sequence)[:2]
        self.steps = larger(1, smaller(self.time, budget // larger(1, cost)))
        self.count = (self.time + self.steps - 1) // self.steps

    def fold(self, sequence):
        """`(B, T, …)` -> `(count, B, steps, …)`."""
        rest = ops.shape(sequence)[2:]
        behind = self.count * self.steps - self.time
        sequence = ops.pad(sequence, ((0, 0), (0, behind)) + ((0, 0),) * len(rest))
        return ops.swapaxes(ops.reshape(sequence, (self.batch, self.count, self.steps, *rest)), 0, 1)

    def unfold(self, blocks):
        """`(count, B, steps, …)` -> `(B, T, …)`."""
        rest = ops.shape(blocks)[3:]
        whole = ops.reshape(ops.swapaxes(blocks, 0, 1), (self.batch, self.count * self.steps, *rest))
        return whole[:, : self.time]

    def positions(self):
        """Where each step stands: int32 `(count, steps)`."""
        return ops.reshape(ops.arange(self.count * self.steps, dtype="int32"), (self.count, self.steps))


def larger(one, other):
    """The larger of two sizes; a number when both are."""
    known = isinstance(one, int) and isinstance(other, int)
    return max(one, other) if known else ops.maximum(one, other)


def smaller(one, other):
    """The smaller of two sizes; a number when both are."""
    known = isinstance(one, int) and isinstance(other, int)
    return min(one, other) if known else ops.minimum(one, other)
