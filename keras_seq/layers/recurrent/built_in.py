"""Keras' own LSTM, GRU and SimpleRNN by name, run by our loops on their weights."""

import keras
from keras import ops

from keras_seq.errors import nearest
from keras_seq.ops import recurrence

__all__ = ["BUILT_IN", "require_built_in", "run"]

BUILT_IN = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple": keras.layers.SimpleRNN}
_RUN = {"lstm": recurrence.lstm, "gru": recurrence.gru, "simple": recurrence.simple_rnn}


def require_built_in(cell):
    """Refuse a name that is none of `BUILT_IN`.

    Raises:
        ValueError: offering the nearest.
    """
    if cell not in BUILT_IN:
        raise ValueError(f"Unknown cell. Expected {nearest(cell, BUILT_IN)}. Received: cell={cell!r}")


def run(cell, layer, inputs, initial_state=None):
    """The states `(B, T, U)` of a built-in layer.

    Args:
        cell: its name in `BUILT_IN`.
        layer: the layer, built.
        inputs: `(B, T, D)`.
        initial_state: the states before the first step, a list of `(B, U)`; None: zeros.
    """
    weights = (layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias)
    if initial_state is not None and len(initial_state) == 1:
        (initial_state,) = initial_state
    # Tensors, not variables: a gradient written by hand is given for what a function takes.
    weights = (ops.copy(ops.cast(weight, inputs.dtype)) for weight in weights)
    return _RUN[cell](inputs, *weights, initial_state=initial_state)
