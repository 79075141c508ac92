"""One step of SimpleRNN, LSTM and GRU, and its way back: what loops over them are made of.

    results = step(before, projected, recurrent)        projected = x_t W + b_x, recurrent = h_{t-1} R + b_h
    d_sums, d_before = back(d_states, before, results)

Gate order and weights are those of `keras.layers.SimpleRNN`, `LSTM` and `GRU(reset_after=True)` with their
default activations: a dict of `kernel` W `(D, gates U)`, `bias` b_x, `recurrent_kernel` R `(U, gates U)`, and
of a GRU `recurrent_bias` b_h.

Shapes: B batch, U units; states `(B, U)`, `projected` and `recurrent` `(B, gates U)`. A "d" before a name is
the derivative of the loss by it.
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from keras_seq.ops.loops import weight_gradients

__all__ = [
    "GRU",
    "LSTM",
    "SIMPLE_RNN",
    "RecurrentCell",
    "backwards",
    "cell_gradients",
    "forwards",
    "nothing_summed",
]


class RecurrentCell(NamedTuple):
    """A cell as its formulas.

    step: numbers alone, no product: gives the new states, h first, then what `back` needs besides.
    back: gives `d_sums`, by `projected` and, where it is another, by `recurrent`, each `(B, gates U)`; and
        the derivatives by the states before, but for what goes through `recurrent`.
    gates: how many times U the sums are wide.
    number_of_states: h, and c of an LSTM.
    number_saved: of what `step` gives behind the states.
    number_of_sums: 1 where `projected` and `recurrent` have the same derivative, else 2.
    """

    step: Callable
    back: Callable
    gates: int
    number_of_states: int
    number_saved: int
    number_of_sums: int


def forwards(cell, weights):
    """`(before, projected) -> results`."""

    def step(before, projected):
        recurrent = ops.matmul(before[0], weights["recurrent_kernel"])
        if "recurrent_bias" in weights:
            recurrent = recurrent + weights["recurrent_bias"]
        return cell.step(before, projected, recurrent)

    return step


def backwards(cell, weights):
    """`(d_states, before, results) -> d_sums, d_before`, the latter whole."""
    recurrent_transposed = ops.transpose(weights["recurrent_kernel"])

    def back(d_states, before, results):
        d_sums, (dh, *others) = cell.back(d_states, before, results)
        return d_sums, (dh + ops.matmul(d_sums[-1], recurrent_transposed), *others)

    return back


def nothing_summed(cell, state):
    """Zeros of the structure of `d_sums`, for a state `(B, U)`."""
    return (ops.tile(ops.zeros_like(state), (1, cell.gates)),) * cell.number_of_sums


def cell_gradients(weights, read, h_before, d_sums):
    """Of the weights, by name, from all steps: what x was, h before, and `d_sums`, each `(T, B, …)`."""
    gradients = {}
    gradients["kernel"], gradients["bias"] = weight_gradients(read, d_sums[0])
    gradients["recurrent_kernel"], d_recurrent_bias = weight_gradients(h_before, d_sums[-1])
    return {**gradients, "recurrent_bias": d_recurrent_bias} if "recurrent_bias" in weights else gradients


def _simple_rnn_step(before, projected, recurrent):
    return (ops.tanh(projected + recurrent),)


def _simple_rnn_back(d_states, before, results):
    (dh,), (h,) = d_states, results
    return (dh * (1 - h * h),), (ops.zeros_like(h),)


def _lstm_step(before, projected, recurrent):
    i, f, g, o = ops.split(projected + recurrent, 4, axis=-1)
    i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
    c = f * before[1] + i * g
    return o * ops.tanh(c), c, i, f, g, o


def _lstm_back(d_states, before, results):
    (dh, dc), (_, c, i, f, g, o) = d_states, results
    tanh_c = ops.tanh(c)
    dc = dc + dh * o * (1 - tanh_c * tanh_c)
    di, df = dc * g * i * (1 - i), dc * before[1] * f * (1 - f)
    dg, do = dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)
    return (ops.concatenate([di, df, dg, do], axis=-1),), (ops.zeros_like(dh), dc * f)


def _gru_step(before, projected, recurrent):
    (h,) = before
    x_z, x_r, x_n = ops.split(projected, 3, axis=-1)
    h_z, h_r, h_n = ops.split(recurrent, 3, axis=-1)
    z, r = ops.sigmoid(x_z + h_z), ops.sigmoid(x_r + h_r)
    n = ops.tanh(x_n + r * h_n)
    return n + z * (h - n), z, r, n, h_n


def _gru_back(d_states, before, results):
    (dh,), (h,), (_, z, r, n, h_n) = d_states, before, results
    dn = dh * (1 - z) * (1 - n * n)
    dz, dr = dh * (h - n) * z * (1 - z), dn * h_n * r * (1 - r)
    d_projected = ops.concatenate([dz, dr, dn], axis=-1)
    d_recurrent = ops.concatenate([dz, dr, dn * r], axis=-1)
    return (d_projected, d_recurrent), (dh * z,)


SIMPLE_RNN = RecurrentCell(
    _simple_rnn_step, _simple_rnn_back, gates=1, number_of_states=1, number_saved=0, number_of_sums=1
)
LSTM = RecurrentCell(_lstm_step, _lstm_back, gates=4, number_of_states=2, number_saved=4, number_of_sums=1)
GRU = RecurrentCell(_gru_step, _gru_back, gates=3, number_of_states=1, number_saved=4, number_of_sums=2)
