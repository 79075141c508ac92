"""SimpleRNN, LSTM and GRU over whole sequences, with backpropagation through time written out.

The input projection of all steps is one matrix product before the loop, and each weight's gradient one matrix
product after it; automatic differentiation of the loop would do a small product per step. No derivative is
taken through a loop, so the same code trains under XLA.

Shapes: B batch, T time (may be unknown), D input width, U units. Gate order and weights are those of
`keras.layers.LSTM`, `GRU(reset_after=True)` and `SimpleRNN` with their default activations.
The loops know no mask: over right-padded rows run on, then put zeros on the padding; steps after a row's end
change nothing before it. For the backward direction, `reverse_by_length` before and after.

Pass tensors, not variables: `keras.ops.copy(layer.cell.kernel)`. One floating dtype throughout.
"""

import keras
from keras import ops

from keras_seq.ops.exporting import is_for_export
from keras_seq.ops.loops import previous, scan, swap_batch_and_time
from keras_seq.ops.recurrent_cells import (
    GRU,
    LSTM,
    SIMPLE_RNN,
    backwards,
    cell_gradients,
    forwards,
    nothing_summed,
)

__all__ = ["gru", "lstm", "reverse_by_length", "simple_rnn"]


def reverse_by_length(inputs, lengths):
    """Reverse the first `lengths[b]` steps of each row and leave the padding after them. Its own inverse.

    Args:
        inputs: `(B, T, D)`.
        lengths: int32 `(B,)`; 0 is allowed.

    Returns:
        `(B, T, D)`, the dtype of `inputs`.
    """
    batch, time, width = ops.shape(inputs)[0], ops.shape(inputs)[1], inputs.shape[-1]
    step = ops.expand_dims(ops.arange(time, dtype="int32"), 0)  # (1, T)
    length = ops.expand_dims(ops.cast(lengths, "int32"), 1)  # (B, 1)
    source = ops.where(step < length, length - 1 - step, step)  # (B, T)
    # A gather from flat rows: faster on a phone than take_along_axis.
    row = ops.expand_dims(ops.arange(batch, dtype="int32"), 1) * time
    flat = ops.take(ops.reshape(inputs, (-1, width)), ops.reshape(source + row, (-1,)), axis=0)
    return ops.reshape(flat, (batch, time, width))


def simple_rnn(inputs, kernel, recurrent_kernel, bias, initial_state=None):
    """Elman network: h_t = tanh(x_t W + h_{t-1} R + b).

    Args:
        inputs: `(B, T, D)`.
        kernel, recurrent_kernel, bias: W `(D, U)`, R `(U, U)`, b `(U,)`.
        initial_state: h_0 `(B, U)`; None is zeros.

    Returns:
        h `(B, T, U)`.

    Reference: Elman 1990, Finding Structure in Time.
    """
    weights = {"kernel": kernel, "recurrent_kernel": recurrent_kernel, "bias": bias}
    initial = None if initial_state is None else (initial_state,)
    return _run(SIMPLE_RNN, inputs, weights, initial)[0]


def lstm(inputs, kernel, recurrent_kernel, bias, initial_state=None, return_cell_states=False):
    """Long short-term memory.

        i, f, o = sigmoid(x_t W + h_{t-1} R + b), g = tanh(the same)      columns in the order i, f, g, o
        c_t = f c_{t-1} + i g
        h_t = o tanh(c_t)

    Args:
        inputs: `(B, T, D)`.
        kernel, recurrent_kernel, bias: W `(D, 4U)`, R `(U, 4U)`, b `(4U,)`.
        initial_state: h_0 and c_0, each `(B, U)`; None is zeros.
        return_cell_states: also return c.

    Returns:
        h `(B, T, U)`; with `return_cell_states` the pair h, c `(B, T, U)`.

    References: Hochreiter & Schmidhuber 1997, Long Short-Term Memory; the forget gate: Gers et al. 2000.
    """
    weights = {"kernel": kernel, "recurrent_kernel": recurrent_kernel, "bias": bias}
    states = _run(LSTM, inputs, weights, initial_state, wanted=2 if return_cell_states else 1)
    return states if return_cell_states else states[0]


def gru(inputs, kernel, recurrent_kernel, bias, initial_state=None):
    """Gated recurrent unit, the reset gate after the product as in cuDNN and Keras.

        z, r = sigmoid(x_t W + b_x + h_{t-1} R + b_h)                     columns in the order z, r, n
        n = tanh(x_t W + b_x + r (h_{t-1} R + b_h))
        h_t = z h_{t-1} + (1 - z) n

    Args:
        inputs: `(B, T, D)`.
        kernel, recurrent_kernel, bias: W `(D, 3U)`, R `(U, 3U)`, b_x and b_h `(2, 3U)`.
        initial_state: h_0 `(B, U)`; None is zeros.

    Returns:
        h `(B, T, U)`.

    Reference: Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder.
    """
    weights = {"kernel": kernel, "recurrent_kernel": recurrent_kernel}
    weights |= {"bias": bias[0], "recurrent_bias": bias[1]}
    initial = None if initial_state is None else (initial_state,)
    return _run(GRU, inputs, weights, initial)[0]


def _run(cell, inputs, weights, initial, wanted=1):
    """The first `wanted` states of every step, a tuple of `(B, T, U)`."""
    x = swap_batch_and_time(inputs)
    if initial is None:
        zeros = ops.zeros((ops.shape(x)[1], weights["recurrent_kernel"].shape[0]), dtype=x.dtype)
        initial = (zeros,) * cell.number_of_states
    if is_for_export():
        # Each sequence written costs a phone a quarter of the time.
        states = _export_loop(forwards(cell, weights), initial, _projected(x, weights), wanted)
    else:
        states = _states(cell, {"x": x, "initial": tuple(initial), **weights})[:wanted]
    return tuple(swap_batch_and_time(state) for state in states)


# Below, time comes first: x (T, B, D), h (T, B, U). A "d" before a name is the derivative of the loss by it.


def _projected(x, weights):
    return ops.matmul(x, weights["kernel"]) + weights["bias"]


def _states(cell, tensors):
    """All states of every step, each `(T, B, U)`, of x, the initial states and the weights by name."""
    number = cell.number_of_states

    @ops.custom_gradient
    def states(tensors):
        step, initial = forwards(cell, tensors), tensors["initial"]
        saved = (ops.zeros_like(initial[0]),) * cell.number_saved
        results = scan(
            lambda before, projected: step(before[:number], projected),
            (*initial, *saved),
            _projected(tensors["x"], tensors),
        )

        # TensorFlow calls a gradient function with one argument per output, JAX with a tuple of them.
        def gradient(*upstream):
            return (_gradients(cell, tensors, results, keras.tree.flatten(upstream)),)

        return results[:number], gradient

    return states(tensors)


def _gradients(cell, tensors, results, upstream):
    """Of all tensors, by name, from those of the states of every step."""
    initial = tensors["initial"]
    before = tuple(previous(state, first) for state, first in zip(results, initial, strict=False))
    cell_back = backwards(cell, tensors)

    def back(after, step):
        d_states = [one + other for one, other in zip(after["states"], step["upstream"], strict=True)]
        d_sums, d_before = cell_back(d_states, step["before"], step["results"])
        return {"states": d_before, "sums": d_sums}

    zeros = tuple(ops.zeros_like(state) for state in initial)
    nothing = {"states": zeros, "sums": nothing_summed(cell, initial[0])}
    steps = {"upstream": tuple(upstream), "before": before, "results": results}
    gone_back = scan(back, nothing, steps, reverse=True)
    return {
        "x": ops.matmul(gone_back["sums"][0], ops.transpose(tensors["kernel"])),
        "initial": tuple(each[0] for each in gone_back["states"]),
        **cell_gradients(tensors, tensors["x"], before[0], gone_back["sums"]),
    }


def _export_loop(step, initial, projected, wanted=1):
    """The first `wanted` states of every step, each `(T, B, U)`, in the form that converts to LiteRT.

    `ops.scan` needs a static batch there (TensorListReserve). This form copies its whole result at each step
    in TensorFlow and has no gradient.
    """
    time = ops.shape(projected)[0]

    def body(t, states, sequences):
        states = tuple(step(states, ops.take(projected, t, axis=0))[: len(states)])
        written = [
            ops.slice_update(sequence, (t, 0, 0), ops.expand_dims(state, 0))
            for sequence, state in zip(sequences, states, strict=False)
        ]
        return t + 1, states, tuple(written)

    sequences = tuple(ops.zeros((time, *ops.shape(state)), dtype=state.dtype) for state in initial[:wanted])
    start = (ops.cast(0, "int32"), tuple(initial), sequences)
    return ops.while_loop(lambda t, *_: t < time, body, start)[2]
