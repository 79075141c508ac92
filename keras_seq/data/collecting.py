"""Columns of any size: a list while it is small, and a sequence on the disk when it grows."""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from keras_seq.data.spool import Spool, is_large

__all__ = ["Collector", "SpooledColumn", "choose", "collect"]

Value = str | list[str]

_OBJECT = 56  # bytes that Python needs for a string beside its letters, and for its place in a list
_READ_AT_ONCE = 4096  # values
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_DECODER = json.JSONDecoder()
_WIDE = 4  # times the bytes that are wanted: reading them in one piece is still faster


class SpooledColumn(Sequence):
    """Strings, or lists of strings, that lie on the disk: read as they are asked for, by place or in order.

    It is made by `Collector`. A slice is another such sequence, and holds nothing but places.

    Args:
        spool: where the values lie, as UTF-8; lists as JSON.
        starts: int64 `(N + 1,)`, where each begins, and the last one's end.
        are_lists: whether the values are lists.
        places: which of the values, in order; all without it.
    """

    def __init__(
        self,
        spool: Spool,
        starts: np.ndarray,
        are_lists: bool,
        places: range | np.ndarray | None = None,
    ):
        self._spool, self._starts, self._are_lists = spool, starts, are_lists
        self._places = range(len(starts) - 1) if places is None else places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._with(self._places[index])
        place = self._places[index]
        return self._value(self._spool.read(int(self._starts[place]), int(self._starts[place + 1])))

    def __iter__(self) -> Iterator[Value]:
        for first in range(0, len(self), _READ_AT_ONCE):
            places = np.asarray(self._places[first : first + _READ_AT_ONCE])
            starts, stops = self._starts[places], self._starts[places + 1]
            low, high = int(starts.min()), int(stops.max())
            if high - low > _WIDE * int((stops - starts).sum()):
                data, low = None, 0
            else:
                data = self._spool.read(low, high)
            for start, stop in zip((starts - low).tolist(), (stops - low).tolist(), strict=True):
                yield self._value(self._spool.read(start, stop) if data is None else data[start:stop])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None

    def __repr__(self) -> str:
        return f"<{len(self):,} {'lists' if self._are_lists else 'strings'} on the disk>"

    def chosen(self, places: np.ndarray) -> "SpooledColumn":
        """The values at some places, in that order, as another such sequence."""
        if isinstance(self._places, range):
            return self._with(self._places.start + self._places.step * places)
        return self._with(self._places[places])

    def _with(self, places) -> "SpooledColumn":
        return SpooledColumn(self._spool, self._starts, self._are_lists, places)

    def _value(self, data: bytes) -> Value:
        text = data.decode("utf-8", "surrogatepass")
        return _DECODER.raw_decode(text)[0] if self._are_lists else text


class Collector:
    """Takes the values of a column one by one, and gives the column.

    Example:
        >>> found = Collector()
        >>> for text in ("a fine film", "a poor film"):
        ...     found.append(text)
        >>> len(found), found.column()
        (2, ['a fine film', 'a poor film'])
    """

    def __init__(self):
        self._values: list[Value] = []
        self._size = 0
        self._spool: Spool | None = None
        self._starts = array("q", [0])

    def __len__(self) -> int:
        return len(self._values) or len(self._starts) - 1

    def append(self, value: Value) -> None:
        """Take the next one: strings alone, or lists of strings alone."""
        if self._spool is not None:
            self._write(value)
            return
        self._values.append(value)
        strings = (value,) if isinstance(value, str) else value
        self._size += _OBJECT * (len(strings) + 1) + sum(map(len, strings))
        if is_large(self._size):
            self._spool = Spool()
            for each in self._values:
                self._write(each)
            self._are_lists, self._values = not isinstance(value, str), []

    def column(self) -> list[Value] | SpooledColumn:
        """All values: a list, or a sequence on the disk where they are too many for one."""
        if self._spool is None:
            return self._values
        return SpooledColumn(self._spool, np.frombuffer(self._starts, np.int64), self._are_lists)

    def _write(self, value: Value) -> None:
        text = value if isinstance(value, str) else _ENCODER.encode(value)
        self._spool.write(text.encode("utf-8", "surrogatepass"))
        self._starts.append(self._spool.size)


def collect(values: Iterable[Value]) -> list[Value] | SpooledColumn:
    """The values of a column as a list, or on the disk where they are too many for one.

    Example:
        >>> collect(word.upper() for word in ("a", "film"))
        ['A', 'FILM']
    """
    found = Collector()
    for value in values:
        found.append(value)
    return found.column()


def choose(column: Sequence[Value], places: np.ndarray) -> Sequence[Value]:
    """The values of a column at some places: of a list a list, of one on the disk a sequence of its kind.

    Args:
        column: a list, or what `collect` gives.
        places: int `(M,)`.
    """
    if isinstance(column, SpooledColumn):
        return column.chosen(places)
    return [column[place] for place in places.tolist()]
