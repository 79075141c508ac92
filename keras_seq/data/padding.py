"""Lists of token ids -> padded arrays, and the answers back in the order of the input. Only numpy."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

PAD = 0


def pad(token_ids: Sequence[Sequence[int]], width: int | None = None) -> np.ndarray:
    """Return lists of ids as one array (B, T) int32, padded with 0 on the right, T at least 1.

    Args:
        token_ids: B lists; or B arrays (T, W), which give (B, T, W).
        width: T; None is the longest list. Longer lists are cut at their end.

    Example:
        >>> pad([[5, 6], [7]]).tolist()
        [[5, 6], [7, 0]]
    """
    width = max([1, *map(len, token_ids)]) if width is None else width
    row_shape = np.shape(token_ids[0])[1:] if len(token_ids) else ()
    padded = np.full((len(token_ids), width, *row_shape), PAD, dtype=np.int32)
    for row, ids in zip(padded, token_ids, strict=True):
        row[: len(ids)] = ids[:width]
    return padded


def length_sorted_batches(
    token_ids: Sequence[Sequence[int]], batch_size: int = 64, maximum_tokens: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (indices (B,), padded ids (B, T) int32), the longest first, so that little is padded.

    Every list comes exactly once; `in_input_order` puts the answers back. What is too much for the memory
    shows at once, in the first batch.

    Args:
        token_ids: N lists.
        batch_size: the largest B.
        maximum_tokens: the largest B * T, where one list alone is not longer.

    Example:
        >>> [indices.tolist() for indices, _ in length_sorted_batches([[1], [1, 2, 3], [1, 2]], batch_size=2)]
        [[1, 2], [0]]
    """
    order = np.argsort([-len(ids) for ids in token_ids], kind="stable")
    start = 0
    while start < len(order):
        width = max(1, len(token_ids[order[start]]))
        size = batch_size if maximum_tokens is None else max(1, min(batch_size, maximum_tokens // width))
        indices = order[start : start + size]
        yield indices, pad([token_ids[i] for i in indices])
        start += size


def in_input_order(answers: Iterable[tuple[np.ndarray, Sequence[Any]]]) -> list[Any]:
    """Return the rows of (indices, rows) pairs as one list, row i at place i.

    Example:
        >>> in_input_order([([1, 2], "bc"), ([0], "a")])
        ['a', 'b', 'c']
    """
    placed = {int(i): row for indices, rows in answers for i, row in zip(indices, rows, strict=True)}
    return [placed[i] for i in range(len(placed))]
