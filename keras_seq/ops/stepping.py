"""What loops keep of each step, in room that is there from the start."""

import math

from keras import ops

from keras_seq.ops.exporting import is_for_export

__all__ = ["with_step"]


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
