"""Labels as one-hot rows that are written out where they are needed: a batch at a time."""

from collections.abc import Iterator

import numpy as np

__all__ = ["OneHot"]

_ROWS_AT_ONCE = 2**16


class OneHot:
    """Rows `(N, C)` float32, in the memory of N numbers: a 1 at the place of each label, else 0.

    Args:
        label_ids: int `(N,)`; of one below 0 the row is 0 everywhere.
        num_classes: C.

    Example:
        >>> np.asarray(OneHot([1, -1], 3)).tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """

    def __init__(self, label_ids, num_classes: int):
        self.label_ids = np.asarray(label_ids, np.int32)
        self.num_classes = num_classes

    def __len__(self) -> int:
        return len(self.label_ids)

    def __getitem__(self, index) -> np.ndarray:
        rows = np.eye(self.num_classes + 1, self.num_classes, dtype=np.float32)  # the last is that of -1
        return rows[np.maximum(self.label_ids[index], -1)]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:].astype(dtype or np.float32, copy=False)

    def pieces(self) -> Iterator[np.ndarray]:
        """The rows, some at a time."""
        for start in range(0, len(self), _ROWS_AT_ONCE):
            yield self[start : start + _ROWS_AT_ONCE]
