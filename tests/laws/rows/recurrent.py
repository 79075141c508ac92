import functools

import keras
import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import QUERY, QUERY_MASK, SEQUENCE, VALUE, VALUE_MASK, B, by_prefixes, floats

_READ = {"inputs": QUERY, "memory": VALUE}
_READ_MASKS = {"inputs": QUERY_MASK, "memory": VALUE_MASK}


def _bahdanau(dtype=None):
    return layers.AttentionRNN(
        layers.BahdanauCell(keras.layers.GRUCell(4, dtype=dtype), dtype=dtype), return_state=True, dtype=dtype
    )


def _luong(dtype=None):
    cell = keras.layers.LSTMCell(4, dropout=0.3, recurrent_dropout=0.2, seed=4, dtype=dtype)
    attention = layers.Attention("general", dropout=0.4, seed=3, dtype=dtype)
    return layers.AttentionRNN(layers.LuongCell(cell, attention, units=9, dtype=dtype), dtype=dtype)


def _covering(dtype=None):
    cells = [layers.ElmanCell(4, dtype=dtype), layers.JordanCell(9, 8, dtype=dtype)]
    attention = layers.CoverageAttention(loss_weight=0.5, dtype=dtype)
    cell = layers.BahdanauCell(
        keras.layers.StackedRNNCells(cells, dtype=dtype), attention, output_context=True, dtype=dtype
    )
    return layers.AttentionRNN(cell, return_sequences=False, dtype=dtype)


def _step_by_step(layer, arguments):
    """What a decoder does: `prepare` once, then one step after another."""
    cell, inputs, mask = layer.cell, arguments["inputs"], arguments["inputs_mask"]
    prepared = cell.prepare(arguments["memory"], arguments["memory_mask"])
    states, outputs = cell.get_initial_state(prepared), []
    for t in range(inputs.shape[1]):
        output, _, new = cell.step(inputs[:, t], states, prepared)
        keep = functools.partial(np.where, mask[:, t, None])
        states = keras.tree.map_structure(keep, new, states)
        outputs.append(keep(output, 0.0))
    states = keras.tree.flatten(states) if layer.return_state else []
    return [np.stack(outputs, axis=1) if layer.return_sequences else outputs[-1], *states]


ROWS = {
    "RecurrentEncoder, LSTM": Case(
        functools.partial(layers.RecurrentEncoder, units=4),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "RecurrentEncoder, deep GRU": Case(
        functools.partial(
            layers.RecurrentEncoder, units=4, cell="gru", num_layers=2, residual=True, dropout=0.4, seed=3
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "RecurrentEncoder, one direction": Case(
        functools.partial(layers.RecurrentEncoder, units=4, cell="simple", bidirectional=False),
        {"inputs": SEQUENCE},
        steps=by_prefixes,
    ),
    "AttentionRNN, Bahdanau": Case(_bahdanau, _READ, _READ_MASKS, mask_out="inputs", steps=_step_by_step),
    "AttentionRNN, Luong": Case(_luong, _READ, _READ_MASKS, mask_out="inputs", steps=_step_by_step),
    "AttentionRNN, coverage": Case(_covering, _READ, _READ_MASKS),
    "ElmanCell": Case(
        functools.partial(layers.ElmanCell, units=4), {"inputs": floats(B, 6), "states": floats(B, 4)}
    ),
    "JordanCell": Case(
        functools.partial(layers.JordanCell, units=4, output_units=5),
        {"inputs": floats(B, 6), "states": floats(B, 5)},
    ),
}
