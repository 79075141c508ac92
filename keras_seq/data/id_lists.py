"""Lists of token ids, as many as there may be: one flat array, in memory or on the disk."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from keras_seq.data.spool import Spool, is_large

__all__ = ["IdLists"]

_READ_AT_ONCE = 2**18  # ids or rows


class IdLists(Sequence):
    """N lists of ids, or of rows of W ids, of any length.

    They are kept as one flat array, in memory while it is small and else on the disk, and N + 1 offsets.
    Read-only; what is read is an int32 array `(T,)` or `(T, W)`.

    Args:
        lists: of ids, or arrays `(T, W)`; read once, one after the other.

    Attributes:
        row_shape: `()`, or `(W,)`.

    Example:
        >>> lists = IdLists(iter([[5, 6], [], [7]]))
        >>> len(lists), lists.total, lists[0].tolist(), lists[1].tolist()
        (3, 3, [5, 6], [])
    """

    def __init__(self, lists: Iterable[Sequence[int]] = ()):
        self.row_shape: tuple[int, ...] = ()
        self._ids, self._ends, self._spool = array("i"), array("q", [0]), None
        for each in lists:
            self.append(each)

    def append(self, ids: Sequence[int]) -> None:
        """Put a list behind the others, before any is read."""
        if isinstance(ids, np.ndarray):
            if len(self._ends) == 1:
                self.row_shape = ids.shape[1:]
            self._ids.frombytes(ids.astype(np.int32, casting="same_kind", copy=False).tobytes())
        else:
            self._ids.extend(ids)
        self._ends.append(self._ends[-1] + len(ids))
        if self._spool is None and is_large(len(self._ids) * self._ids.itemsize):
            self._spool = Spool()
        if self._spool is not None:
            self._spool.write(self._ids)
            del self._ids[:]

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> "IdLists":
        """These lists; the same object where they are such lists already."""
        return lists if isinstance(lists, cls) else cls(lists)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return self._between(int(self.starts[place]), int(self.starts[place + 1]))

    def __iter__(self) -> Iterator[np.ndarray]:
        first = 0
        while first < len(self):
            last = int(np.searchsorted(self.starts, self.starts[first] + _READ_AT_ONCE, side="right")) - 1
            last = min(max(last, first + 1), len(self))
            start = int(self.starts[first])
            some = self._between(start, int(self.starts[last]))
            yield from np.split(some, self.starts[first + 1 : last] - start)
            first = last

    @property
    def total(self) -> int:
        """Ids, or rows, of all lists together."""
        return int(self.starts[-1])

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each list begins, and the last one's end, counted in ids or rows: int64 `(N + 1,)`."""
        return np.frombuffer(self._ends, np.int64)

    @cached_property
    def flat(self) -> np.ndarray | None:
        """All ids or rows `(total,)` or `(total, W)`; None where they lie on the disk."""
        if self._spool is not None:
            return None
        return np.frombuffer(self._ids, np.int32).reshape(-1, *self.row_shape)

    def pieces(self) -> Iterator[np.ndarray]:
        """The flat array, a piece at a time."""
        for start in range(0, self.total, _READ_AT_ONCE):
            yield self._between(start, min(start + _READ_AT_ONCE, self.total))

    def padded(self, indices: np.ndarray, lengths: np.ndarray, width: int, padding: int = 0) -> np.ndarray:
        """The beginnings of some lists as one array `(B, width)` or `(B, width, W)`, padded on the right.

        Args:
            indices: which, int `(B,)`.
            lengths: how much of each, int `(B,)`, at most what it has.
            width: T, not below any length.
            padding: what stands behind a list.
        """
        rows = np.full((len(indices), width, *self.row_shape), padding, np.int32)
        starts = self.starts[indices].tolist()
        for row, start, length in zip(rows, starts, lengths.tolist(), strict=True):
            self._read_into(row[:length], start)
        return rows

    def _between(self, start: int, stop: int) -> np.ndarray:
        if self._spool is None:
            return self.flat[start:stop]
        found = np.empty((stop - start, *self.row_shape), np.int32)
        self._read_into(found, start)
        return found

    def _read_into(self, rows: np.ndarray, start: int) -> None:
        if self._spool is None:
            rows[...] = self.flat[start : start + len(rows)]
        else:
            self._spool.read_into(rows, start * 4 * int(np.prod(self.row_shape, dtype=int)))
