"""A recurrence that attends, over whole sequences, with backpropagation through time written out.

What the inputs give to the cell is one matrix product before the loop, and each weight's gradient one behind
it; automatic differentiation of the loop would do a small product per step, and add them up. No derivative is
taken through a loop, so the same code trains under XLA.

Shapes: B batch, T time, S memory (all may be unknown), D input width, U units, Dv width of the memory. Pass
tensors, not variables: `keras.ops.copy(layer.cell.kernel)`. One floating dtype throughout.
"""

import keras
from keras import ops

from keras_seq.ops.loops import scan, swap_batch_and_time

__all__ = ["run"]


def run(kind, cell, inputs, tensors, keep=None):
    """Every step of a recurrence that attends.

    Args:
        kind: `Luong`, `Unfed` or `Bahdanau` of `keras_seq.ops.attending_cells`.
        cell: a `RecurrentCell`.
        inputs: `(B, T, D)`.
        tensors: weights, memory and first states, as there.
        keep: bool `(B, T)`; a step that is not kept leaves what is carried as it was; None keeps all.

    Returns:
        what is carried from every step: a dict of `states`, a tuple of `(B, T, U)`, and Luong's `answer`
        `(B, T, A)`; contexts `(B, T, Dv)` and weights `(B, T, S)`, of no meaning where a step is not kept.
    """
    tensors = {"inputs": swap_batch_and_time(inputs), **tensors}
    if keep is not None:
        # Numbers, as everything that a gradient written by hand is given.
        tensors["keep"] = ops.expand_dims(ops.transpose(ops.cast(keep, inputs.dtype)), -1)  # (T, B, 1)
    return keras.tree.map_structure(swap_batch_and_time, _run(kind, cell, tensors))


# Below, time comes first: `(T, B, …)`. A "d" before a name is the derivative of the loss by it.


def _run(kind, cell, tensors):
    def attending(tensors):
        return kind(cell, tensors, input_width=tensors["inputs"].shape[-1])

    @ops.custom_gradient
    def run(tensors):
        results = _forward(attending(tensors), tensors)
        found = results["found"]
        outputs = (results["carried"], found["context"], found["weights"])

        # TensorFlow calls a gradient function with one argument per output, JAX with a tuple of them.
        def gradient(*upstream):
            upstream = keras.tree.pack_sequence_as(outputs, keras.tree.flatten(upstream))
            return (_gradients(attending(tensors), tensors, results, upstream),)

        return outputs, gradient

    return run(tensors)


def _forward(attending, tensors):
    def step(before, given):
        results = attending.step(before["carried"], given["projected"])
        return {**results, "carried": _kept(given, results["carried"], before["carried"])}

    projected = ops.matmul(tensors["inputs"], attending.input_kernel) + tensors["bias"]
    return scan(step, attending.nothing_done(), {"projected": projected, **_keep(tensors)})


def _gradients(attending, tensors, results, upstream):
    """Of all tensors, by name."""
    d_carried, d_context, d_weights = upstream
    way_back = attending.way_back()

    def back(after, given):
        arrived = _sum(after["carried"], given["d_carried"])
        nothing = keras.tree.map_structure(ops.zeros_like, arrived)
        gone_back = way_back(
            _kept(given, arrived, nothing), given["d_found"], given["before"], given["results"]
        )
        if "keep" not in given:
            return gone_back
        passed = _kept(given, nothing, arrived)  # what a step that is not kept left as it was
        return {**gone_back, "carried": _sum(gone_back["carried"], passed)}

    steps = {
        "d_carried": d_carried,
        "d_found": {"context": d_context, "weights": d_weights},
        "before": attending.before(results),
        "results": results,
        **_keep(tensors),
    }
    gone_back = scan(back, attending.nothing_gone_back(), steps, reverse=True)
    gradients = attending.gradients(tensors["inputs"], results, gone_back)
    return {**gradients, **keras.tree.map_structure(ops.zeros_like, _keep(tensors))}


def _keep(tensors):
    return {"keep": tensors["keep"]} if "keep" in tensors else {}


def _kept(given, new, before):
    """The one where the step is kept, else the other."""
    if "keep" not in given:
        return new
    keep = given["keep"] > 0
    return keras.tree.map_structure(lambda one, other: ops.where(keep, one, other), new, before)


def _sum(one, other):
    return keras.tree.map_structure(ops.add, one, other)
