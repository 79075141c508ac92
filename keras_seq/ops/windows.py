"""Sequences folded so that each query meets the keys near it and no others: cost T · window, not T · S.

A folding puts what may meet into one row of a larger batch: N rows, w queries and W keys each. Any score and
any normalizer then runs on these rows as it runs on whole sequences:

    folding.queries(query)             (B, T, …) -> (N, w, …)
    folding.keys(key)                  (B, S, …) -> (N, W, …)
    folding.keep(query_mask, key_mask) bool (N, w, W): which of them meet
    folding.unfold(context)            (N, w, D) -> (B, T, D)

`Bands` cuts the queries into chunks, each with its neighbourhood; `Surroundings` gives each query keys of its
own.
"""

from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.blocks import larger, smaller

__all__ = ["Bands", "Surroundings"]

_CHUNK = 32
"""Queries of a chunk at least, where there are so many: smaller products are no faster."""


class Bands:
    """A band around each query: t - before <= s <= t + after.

    The queries are cut into chunks of w. Each meets the keys of its own chunk, the last `before` of the chunk
    in front and the first `after` of the chunk behind: N = B · number of chunks, W = before + w + after.

    Args:
        query_length, key_length: T and S; tensors where they are unknown.
        before, after: how many keys the band reaches back and ahead.
    """

    def __init__(self, query_length, key_length, before, after):
        self.query_length, self.key_length = query_length, key_length
        longest = larger(query_length, key_length)
        self.before, self.after = smaller(before, longest), smaller(after, longest)
        # A band must not reach past the next chunk.
        self.width = larger(larger(self.before, self.after), smaller(_CHUNK, query_length))
        self.width = larger(self.width, 1)
        self.count = larger((query_length + self.width - 1) // self.width, 1)

    def is_known_to_be_no_smaller(self):
        """Whether lengths are known, and so short that the neighbourhood of a chunk holds all the keys."""
        near = self.before + self.width + self.after
        return isinstance(near, int) and isinstance(self.key_length, int) and near >= self.key_length

    def queries(self, sequence):
        """`(B, T, …)` -> `(N, w, …)`; zeros behind the end."""
        chunks = self._chunks(sequence, self.count)
        return ops.reshape(chunks, (-1, self.width, *sequence.shape[2:]))

    def keys(self, sequence):
        """`(B, S, …)` -> `(N, W, …)`; zeros in front of the beginning and behind the end."""
        chunks = self._chunks(sequence, self.count + 1, in_front=self.width)  # (B, count + 2, w, …)
        near = [chunks[:, :-2, self.width - self.before :], chunks[:, 1:-1], chunks[:, 2:, : self.after]]
        length = self.before + self.width + self.after
        return ops.reshape(ops.concatenate(near, axis=2), (-1, length, *sequence.shape[2:]))

    def keep(self, query_mask, key_mask):
        """bool `(B, T)` and `(B, S)` -> `(N, w, W)`: both are kept, and the key stands within the band."""
        length = self.before + self.width + self.after
        # The first key of a neighbourhood stands `before` in front of the first query of its chunk.
        band = masking.window_mask(self.width, length, 0, self.before + self.after)
        return masking.attention_mask(self.queries(query_mask), None, self.keys(key_mask), band)

    def unfold(self, sequence):
        """`(N, w, D)` -> `(B, T, D)`."""
        whole = ops.reshape(sequence, (-1, self.count * self.width, sequence.shape[-1]))
        return whole[:, : self.query_length]

    def _chunks(self, sequence, count, in_front=0):
        """The first `count` chunks, as long as w each, with `in_front` zeros in front of them."""
        length = count * self.width
        sequence = sequence[:, :length]
        behind = length - ops.shape(sequence)[1]
        widths = ((0, 0), (in_front, behind)) + ((0, 0),) * (len(sequence.shape) - 2)
        shape = (-1, (in_front + length) // self.width, self.width, *sequence.shape[2:])
        return ops.reshape(ops.pad(sequence, widths), shape)


class Surroundings:
    """For each query the keys within `window` of a position of its own, which is any real number.

    Each query is a row: N = B · T, w = 1, W = 2 · window + 1.

    Args:
        positions: float `(B, T)`.
        key_length: S; a tensor where it is unknown.
        window: how many keys to each side.
    """

    def __init__(self, positions, key_length, window):
        first = ops.ceil(positions - window)
        # (B, T, W), where the keys stand; no more than W whole numbers lie within the window.
        self.stands = ops.expand_dims(first, -1) + ops.arange(2 * window + 1, dtype=first.dtype)
        distance = self.stands - ops.expand_dims(positions, -1)
        exists = ops.logical_and(self.stands >= 0, self.stands < ops.cast(key_length, first.dtype))
        self.within = ops.logical_and(exists, ops.abs(distance) <= window)
        self.distance = self._rows(distance)  # (N, 1, W), s - p_t
        self.key_length = key_length

    def queries(self, sequence):
        """`(B, T, …)` -> `(N, 1, …)`."""
        return ops.reshape(sequence, (-1, 1, *sequence.shape[2:]))

    def keys(self, sequence):
        """`(B, S, …)` -> `(N, W, …)`; the first or last key stands in for those that do not exist."""
        batch, queries, near = ops.shape(self.stands)
        step = ops.cast(ops.clip(self.stands, 0, ops.cast(self.key_length - 1, self.stands.dtype)), "int32")
        row = ops.reshape(ops.arange(batch, dtype="int32") * self.key_length, (-1, 1, 1))
        # From flat rows: one gather of whole keys.
        flat = ops.reshape(sequence, (-1, *sequence.shape[2:]))
        return ops.take(flat, ops.reshape(step + row, (-1, near)), axis=0)

    def keep(self, query_mask, key_mask):
        """bool `(B, T)` and `(B, S)` -> `(N, 1, W)`: both are kept, and the key stands within the window."""
        return masking.attention_mask(
            self.queries(query_mask), None, self.keys(key_mask), self._rows(self.within)
        )

    def unfold(self, sequence):
        """`(N, 1, D)` -> `(B, T, D)`."""
        return ops.reshape(sequence, (*ops.shape(self.stands)[:2], sequence.shape[-1]))

    def _rows(self, pairs):
        """`(B, T, W)` -> `(N, 1, W)`."""
        return ops.reshape(pairs, (-1, 1, ops.shape(pairs)[-1]))
