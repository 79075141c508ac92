"""From rows: what stands at given places, the largest numbers, and copies."""

import keras
from keras import ops

from keras_seq.ops.exporting import is_for_export

__all__ = ["copied", "largest", "likeliest", "pick", "repeated_rows", "taken"]

_BLOCK = 64


def pick(rows, places):
    """picked[b, i] = rows[b, places[b, i]]

    Args:
        rows: `(B, N, …)`.
        places: int32 `(B, n)`.

    Returns:
        `(B, n, …)`, the dtype of `rows`.

    Example:

    >>> import numpy as np
    >>> pick(np.array([[5, 6, 7], [8, 9, 10]]), np.array([[2], [0]], "int32")).numpy().tolist()
    [[7], [8]]
    """
    # A gather from flat rows: a few operators where take_along_axis is dozens.
    batch, width, *rest = ops.shape(rows)
    first = ops.expand_dims(ops.arange(batch, dtype="int32"), 1) * width
    flat = ops.take(ops.reshape(rows, (-1, *rest)), ops.reshape(first + places, (-1,)), axis=0)
    return ops.reshape(flat, (*ops.shape(places), *rest))


def largest(rows, count):
    """The `count` largest numbers of each row, from the largest down, and their places.

    As `keras.ops.top_k`, of equal numbers the one that stands first before the others; several times faster
    in TensorFlow on rows as long as a vocabulary, of which it looks closely at `count` blocks only: no other
    block's maximum, so no number in another block, can be among the largest.

    Args:
        rows: float `(B, N)`, N known.
        count: int, at most N.

    Returns:
        The numbers `(B, count)` and their places, int32 `(B, count)`.
    """
    width = rows.shape[-1]
    blocks = -(-width // _BLOCK)
    if is_for_export() or blocks <= 4 * count:
        return tuple(ops.top_k(rows, count))
    rows = ops.pad(rows, [(0, 0), (0, blocks * _BLOCK - width)], constant_values=-float("inf"))
    rows = ops.reshape(rows, (-1, blocks, _BLOCK))
    # (B, count); in their old order, so that the first of equal numbers stays the first
    chosen = ops.sort(ops.top_k(ops.max(rows, axis=-1), count)[1], axis=-1)
    first = ops.expand_dims(ops.arange(ops.shape(rows)[0], dtype="int32"), 1) * blocks
    near = ops.take(ops.reshape(rows, (-1, _BLOCK)), ops.reshape(first + chosen, (-1,)), axis=0)
    numbers, places = ops.top_k(ops.reshape(near, (-1, count * _BLOCK)), count)
    block = places // _BLOCK
    return numbers, pick(chosen, block) * _BLOCK + places - block * _BLOCK


def likeliest(logits, count):
    """Of each row the `count` likeliest places, the best first, and the log-probabilities there.

        log p_n = logits_n - logits_max + log softmax(logits)_max

    of which the logarithm is exact, of a number from 1 / N on; and softmax is one operator, three times as
    fast in TensorFlow as a logarithm of the whole row.

    Args:
        logits: float `(B, N)`, N known.
        count: int, at most N.

    Returns:
        Log-probabilities `(B, count)`, nats, and places, int32 `(B, count)`.
    """
    best, places = largest(logits, count)
    highest = pick(ops.softmax(logits, axis=-1), places[:, :1])
    return best - (best[:, :1] - ops.log(highest)), places


def taken(nested, rows):
    """Of nested tensors `(N, …)` the rows that int32 `(n,)` names: nested `(n, …)`."""
    return keras.tree.map_structure(lambda each: ops.take(each, rows, axis=0), nested)


def copied(nested, copies):
    """Every row of nested tensors `copies` times, side by side."""
    if copies == 1:
        return nested
    return keras.tree.map_structure(lambda each: repeated_rows(each, copies), nested)


def repeated_rows(tensor, copies):
    """Every row `copies` times, side by side: `(B, …)` -> `(B · copies, …)`."""
    shape = ops.shape(tensor)
    spread = ops.broadcast_to(ops.expand_dims(tensor, 1), (shape[0], copies, *shape[1:]))
    return ops.reshape(spread, (-1, *shape[1:]))
