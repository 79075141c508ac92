"""What loops keep of each step: in room that is there from the start, or put behind the steps before.

A step costs what is carried. So it grows where a graph knows the longest length only as it runs; where sizes
must be known beforehand (XLA, JAX, LiteRT) there is room.
"""

import math

from keras import ops

from keras_seq.ops.exporting import is_for_export

__all__ = ["grows", "nothing_kept", "with_step"]


def nothing_kept(rows, max_length, copies, width, dtype):
    """What is kept before the first step: zeros `(*rows, L·K, width)`, or of no step where it grows.

    Args:
        rows: the sizes before; ints or int32 scalars, as the width.
        max_length: L, an int or an int32 scalar tensor.
        copies: K, an int.
        dtype: of it.
    """
    room = ops.zeros((*rows, max_length * copies, width), dtype=dtype)
    if not grows(room):
        return room
    # Not 0, but a number that the graph does not know: a loop keeps what it knows of shapes.
    return ops.zeros((*rows, max_length * 0, width), dtype=dtype)


def grows(kept):
    """Whether steps are put behind it: nobody knows how long it will be, nor must."""
    return kept.shape[-2] is None and not is_for_export()


def with_step(room, new, step):
    """Room `(…, L·K, width)` with the new `(…, K, width)` of a step at its place, t·K.

    Unlike a selection it touches the new alone. `slice_update` has no gradient in TensorFlow.
    """
    *rows, length, width = ops.shape(room)
    copies = new.shape[-2] or 1
    if is_for_export():
        return ops.slice_update(room, (*(0 for _ in rows), step * copies, 0), new)
    steps, count = length // copies, math.prod(rows)
    places = ops.arange(count, dtype="int32") * steps + step
    flat = ops.reshape(room, (-1, copies * width))  # (…·L, K·width)
    new = ops.reshape(new, (-1, copies * width))
    return ops.reshape(ops.scatter_update(flat, ops.expand_dims(places, 1), new), (*rows, length, width))
