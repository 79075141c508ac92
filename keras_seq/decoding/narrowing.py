"""A batch that loses its rows as they are done, so that the slow ones do not make the quick ones work on.

Where graphs leave the size of the batch open; XLA, JAX and LiteRT, which know all sizes beforehand, keep it.
"""

import keras
from keras import ops

__all__ = ["are_many", "narrowing"]

_MANY = 4
"""The batch is narrowed when one of so many rows is done: to copy what is kept costs about a step."""


def are_many(done):
    """Whether it is worth it: so many rows are done, or all. bool `(B,)` -> bool."""
    count = ops.sum(ops.cast(done, "int32"))
    return ops.logical_and(count * _MANY >= ops.shape(done)[0], count > 0)


def narrowing(follow, found, t, state):
    """What is found in each row, by following ever fewer of them.

    Args:
        follow: `(t, state) -> (t, state)`, steps until `are_many(state.done)`.
        found: `state -> ` a tuple of tensors `(B, …)`: the results of its rows, once they are done.
        t: int32 scalar, the step that is next.
        state: nested tensors of B rows, `(B, …)` or `(B·K, …)` with the K of a row side by side; `state.done`
            bool `(B,)`.

    Returns:
        What `found` gives, for all rows.
    """

    def body(t, rows, state, results):
        t, state = follow(t, state)
        places = ops.expand_dims(rows, 1)
        results = [
            ops.scatter_update(old, places, new) for old, new in zip(results, found(state), strict=True)
        ]
        going = ops.cast(ops.nonzero(ops.logical_not(state.done))[0], "int32")
        kept = keras.tree.map_structure(lambda each: _of_rows(each, going, ops.shape(rows)[0]), state)
        return t, ops.take(rows, going, axis=0), kept, results

    rows = ops.arange(ops.shape(state.done)[0], dtype="int32")
    start = (t, rows, state, [*found(state)])
    return ops.while_loop(lambda t, rows, *_: ops.shape(rows)[0] > 0, body, start)[-1]


def _of_rows(tensor, kept, count):
    """What belongs to the rows kept, of a tensor `(B, …)` or `(B·K, …)`."""
    rows, *rest = ops.shape(tensor)
    copies = rows // count
    grouped = ops.take(ops.reshape(tensor, (count, copies, *rest)), kept, axis=0)
    return ops.reshape(grouped, (ops.shape(kept)[0] * copies, *rest))
