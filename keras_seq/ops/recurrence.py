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
    x = _swap_batch_and_time(inputs)
    h_0 = _zeros(x, recurrent_kernel.shape[0]) if initial_state is None else initial_state
    if is_for_export():
        (h,) = _export_loop(_simple_rnn_step(recurrent_kernel), (h_0,), ops.matmul(x, kernel) + bias)
    else:
        h = _simple_rnn(x, kernel, recurrent_kernel, bias, h_0)
    return _swap_batch_and_time(h)


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
    x = _swap_batch_and_time(inputs)
    h_0, c_0 = [_zeros(x, recurrent_kernel.shape[0])] * 2 if initial_state is None else initial_state
    if is_for_export():
        wanted = 2 if return_cell_states else 1  # each sequence written costs a phone a quarter of the time
        states = _export_loop(_lstm_step(recurrent_kernel), (h_0, c_0), ops.matmul(x, kernel) + bias, wanted)
    else:
        states = _lstm(x, kernel, recurrent_kernel, bias, h_0, c_0)
    h, *c = (_swap_batch_and_time(state) for state in states)
    return (h, *c) if return_cell_states else h


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
    x = _swap_batch_and_time(inputs)
    h_0 = _zeros(x, recurrent_kernel.shape[0]) if initial_state is None else initial_state
    if is_for_export():
        (h,) = _export_loop(_gru_step(recurrent_kernel, bias[1]), (h_0,), ops.matmul(x, kernel) + bias[0])
    else:
        h = _gru(x, kernel, recurrent_kernel, bias, h_0)
    return _swap_batch_and_time(h)


# Below, time comes first: x (T, B, D), h (T, B, U). A "d" before a name is the derivative of the loss by it.
# A step gives its states first, then what the way back needs of it.


def _simple_rnn_step(recurrent_kernel):
    def step(states, projected):
        return (ops.tanh(projected + ops.matmul(states[0], recurrent_kernel)),)

    return step


def _lstm_step(recurrent_kernel):
    def step(states, projected):
        h, c = states
        i, f, g, o = ops.split(projected + ops.matmul(h, recurrent_kernel), 4, axis=-1)
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
        c = f * c + i * g
        return o * ops.tanh(c), c, i, f, g, o

    return step


def _gru_step(recurrent_kernel, recurrent_bias):
    def step(states, projected):
        (h,) = states
        x_z, x_r, x_n = ops.split(projected, 3, axis=-1)
        h_z, h_r, h_n = ops.split(ops.matmul(h, recurrent_kernel) + recurrent_bias, 3, axis=-1)
        z, r = ops.sigmoid(x_z + h_z), ops.sigmoid(x_r + h_r)
        n = ops.tanh(x_n + r * h_n)
        return n + z * (h - n), z, r, n, h_n

    return step


# TensorFlow calls a gradient function with one argument per output, JAX with a tuple of them: hence
# `tree.flatten(upstream)`.


@ops.custom_gradient
def _simple_rnn(x, kernel, recurrent_kernel, bias, h_0):
    (h,) = _loop(_simple_rnn_step(recurrent_kernel), (h_0,), ops.matmul(x, kernel) + bias, saved=0)

    def gradient(*upstream):
        (dh_out,) = keras.tree.flatten(upstream)
        recurrent_transposed = ops.transpose(recurrent_kernel)

        def back(states, step):
            dh_out, h = step
            dh = dh_out + ops.matmul(states[0], recurrent_transposed)
            return (dh * (1 - h * h),)

        (da,) = _scan(back, (ops.zeros_like(h_0),), (dh_out, h), reverse=True)
        d_kernel, _ = _weight_gradients(x, da)
        d_recurrent, db = _weight_gradients(_previous(h, h_0), da)
        dx = ops.matmul(da, ops.transpose(kernel))
        return dx, d_kernel, d_recurrent, db, ops.matmul(da[0], recurrent_transposed)

    return h, gradient


@ops.custom_gradient
def _lstm(x, kernel, recurrent_kernel, bias, h_0, c_0):
    h, c, i, f, g, o = _loop(_lstm_step(recurrent_kernel), (h_0, c_0), ops.matmul(x, kernel) + bias, saved=4)

    def gradient(*upstream):
        recurrent_transposed = ops.transpose(recurrent_kernel)

        def back(states, step):
            da, dc_next = states  # da: by the sums before the gates (B, 4U)
            dh_out, dc_out, c, c_previous, i, f, g, o = step
            tanh_c = ops.tanh(c)
            dh = dh_out + ops.matmul(da, recurrent_transposed)
            dc = dc_out + dc_next + dh * o * (1 - tanh_c * tanh_c)
            di, df = dc * g * i * (1 - i), dc * c_previous * f * (1 - f)
            dg, do = dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)
            return ops.concatenate([di, df, dg, do], axis=-1), dc * f

        zeros = ops.zeros_like(c_0)
        steps = (*keras.tree.flatten(upstream), c, _previous(c, c_0), i, f, g, o)
        da, dc = _scan(back, (ops.tile(zeros, (1, 4)), zeros), steps, reverse=True)
        d_kernel, _ = _weight_gradients(x, da)
        d_recurrent, db = _weight_gradients(_previous(h, h_0), da)
        dx = ops.matmul(da, ops.transpose(kernel))
        return dx, d_kernel, d_recurrent, db, ops.matmul(da[0], recurrent_transposed), dc[0]

    return (h, c), gradient


@ops.custom_gradient
def _gru(x, kernel, recurrent_kernel, bias, h_0):
    h, z, r, n, h_n = _loop(
        _gru_step(recurrent_kernel, bias[1]), (h_0,), ops.matmul(x, kernel) + bias[0], saved=4
    )

    def gradient(*upstream):
        (dh_out,) = keras.tree.flatten(upstream)
        recurrent_transposed = ops.transpose(recurrent_kernel)

        def back(states, step):
            dh_next = states[0]
            dh_out, h_previous, z, r, n, h_n = step
            dh = dh_out + dh_next
            dn = dh * (1 - z) * (1 - n * n)
            dz, dr = dh * (h_previous - n) * z * (1 - z), dn * h_n * r * (1 - r)
            da = ops.concatenate([dz, dr, dn * r], axis=-1)  # by h R + b_h
            return dh * z + ops.matmul(da, recurrent_transposed), da, dn

        zeros = ops.zeros_like(h_0)
        h_previous = _previous(h, h_0)
        steps = (dh_out, h_previous, z, r, n, h_n)
        dh, da, dn = _scan(back, (zeros, ops.tile(zeros, (1, 3)), zeros), steps, reverse=True)
        dp = ops.concatenate([da[..., : -dn.shape[-1]], dn], axis=-1)  # by x W + b_x
        d_kernel, db_x = _weight_gradients(x, dp)
        d_recurrent, db_h = _weight_gradients(h_previous, da)
        return ops.matmul(dp, ops.transpose(kernel)), d_kernel, d_recurrent, ops.stack([db_x, db_h]), dh[0]

    return h, gradient


def _loop(step, initial, projected, saved):
    """Every step's states and `saved` further results, each `(T, B, ...)`."""
    count = len(initial)

    def with_states(results, inputs):
        return step(results[:count], *inputs)

    # ops.scan under TensorFlow wants results of the same structure as what it carries.
    return _scan(with_states, (*initial, *[ops.zeros_like(initial[0])] * saved), (projected,))


def _scan(step, initial, inputs, reverse=False):
    """results = step(results, inputs[t]) for every t; all results, each `(T, B, ...)`.

    The scan runs over t rather than over the inputs: under TensorFlow, Keras 3.15.1 raises an AttributeError
    for several inputs of unknown length.
    """

    def body(results, t):
        results = step(results, [ops.take(each, t, axis=0) for each in inputs])
        return results, results

    return ops.scan(body, initial, ops.arange(ops.shape(inputs[0])[0], dtype="int32"), reverse=reverse)[1]


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


def _weight_gradients(inputs, d_outputs):
    """For outputs = inputs W + b over all steps: dW = inputsᵀ d_outputs, db = sum of d_outputs."""
    inputs = ops.reshape(inputs, (-1, inputs.shape[-1]))
    d_outputs = ops.reshape(d_outputs, (-1, d_outputs.shape[-1]))
    # The sum as a product: several times faster than ops.sum over the rows in TensorFlow.
    ones = ops.ones_like(inputs[:, :1])
    return ops.matmul(ops.transpose(inputs), d_outputs), ops.matmul(ops.transpose(ones), d_outputs)[0]


def _previous(states, initial_state):
    """The state before each step `(T, B, U)`."""
    return ops.concatenate([ops.expand_dims(initial_state, 0), states[:-1]], axis=0)


def _swap_batch_and_time(x):
    return ops.transpose(x, (1, 0, 2))


def _zeros(x, units):
    return ops.zeros((ops.shape(x)[1], units), dtype=x.dtype)
