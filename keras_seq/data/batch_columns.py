"""What batches are gathered from: lists of ids, one-hot rows, or an array, each with its way into tf.data."""

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_seq.data.id_lists import IdLists
from keras_seq.data.one_hot import OneHot
from keras_seq.data.padding import PAD

__all__ = ["ListColumn", "ValueColumn", "column_of"]

_AT_ONCE = 2**18


class ListColumn:
    """N lists of ids, or of rows of ids, of any length."""

    def __init__(self, lists, padding: int = PAD):
        self.lists = IdLists.of(lists)
        self._padding = padding

    def __len__(self) -> int:
        return len(self.lists)

    def arrays(self) -> Iterator[np.ndarray]:
        """All that it holds, a piece at a time: the flat array, the padding behind it, the lengths."""
        yield from self.lists.pieces()
        yield np.full((1, *self.lists.row_shape), self._padding, np.int32)
        starts = self.lists.starts
        for first in range(0, len(self), _AT_ONCE):
            yield np.diff(starts[first : first + _AT_ONCE + 1])

    def gatherer(self):
        """indices (B,), width -> (B, width) or (B, width, W) int32; width -1 is the longest of these."""
        import tensorflow as tf

        lists, padding = self.lists, self._padding
        if lists.flat is None:
            return self._reader()
        # A variable enters a graph by its handle; a constant tensor would be copied in every epoch. Its last
        # row is what padding points at.
        behind = np.full((1, *lists.row_shape), padding, np.int32)
        flat = tf.Variable(np.concatenate([lists.flat, behind]), trainable=False, name="token_ids")
        starts, nowhere = tf.constant(lists.starts), lists.total

        def gather(indices, width, longest):
            first = tf.gather(starts, indices)
            lengths = tf.minimum(tf.gather(starts, indices + 1) - first, longest)
            width = tf.where(width < 0, tf.maximum(tf.reduce_max(lengths), 1), width)
            place = tf.range(width)[tf.newaxis, :]
            inside = place < lengths[:, tf.newaxis]
            return tf.gather(flat, tf.where(inside, first[:, tf.newaxis] + place, nowhere))

        return gather

    def _reader(self):
        """The same from the disk."""
        import tensorflow as tf

        lists, padding = self.lists, self._padding

        def read(indices, width, longest):
            lengths = np.minimum(lists.starts[indices + 1] - lists.starts[indices], longest)
            width = max(1, int(lengths.max(initial=0))) if width < 0 else int(width)
            return lists.padded(indices, lengths, width, padding)

        def gather(indices, width, longest):
            rows = tf.numpy_function(read, [indices, width, longest], tf.int32, stateful=False)
            return tf.ensure_shape(rows, [None, None, *lists.row_shape])

        return gather


class ValueColumn:
    """N values, an array (N, …), or N one-hot rows."""

    def __init__(self, values: Any):
        self._values = values if isinstance(values, OneHot) else np.asarray(values)
        if getattr(self._values, "dtype", None) == np.float64:
            self._values = self._values.astype(np.float32)

    def __len__(self) -> int:
        return len(self._values)

    def arrays(self) -> Iterator[np.ndarray]:
        """All that it holds, a piece at a time."""
        return self._values.pieces() if isinstance(self._values, OneHot) else iter((self._values,))

    def gatherer(self):
        """indices (B,), width, longest -> (B, …)."""
        import tensorflow as tf

        values = self._values
        if isinstance(values, OneHot):
            label_ids = tf.constant(values.label_ids)
            return lambda indices, width, longest: tf.one_hot(
                tf.gather(label_ids, indices), values.num_classes
            )
        values = tf.constant(values)
        return lambda indices, width, longest: tf.gather(values, indices)


def column_of(targets: Any, padding: int) -> ListColumn | ValueColumn:
    """Lists of whole numbers are padded; everything else is an array."""
    if isinstance(targets, IdLists):
        return ListColumn(targets, padding)
    if isinstance(targets, OneHot) or hasattr(targets, "dtype"):
        return ValueColumn(targets)
    if not all(hasattr(row, "__len__") for row in targets):
        return ValueColumn(targets)
    first = next((row[0] for row in targets if len(row)), 0)
    return ListColumn(targets, padding) if isinstance(first, numbers.Integral) else ValueColumn(targets)
