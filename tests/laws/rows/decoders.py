import functools

import keras
import numpy as np

from keras_seq import layers
from keras_seq.layers.attention.scopes import LocalMonotonicScope
from keras_seq.testing import Case
from tests.laws.inputs import QUERY, QUERY_MASK, SEQUENCE, VALUE, VALUE_MASK, B, T, floats

_READ = {"inputs": QUERY, "memory": VALUE}
_MASKS = {"inputs": QUERY_MASK, "memory": VALUE_MASK}
_EVEN = {"inputs": floats(B, T, 8), "memory": VALUE}
_BIAS = (
    "the keys' bias shifts all scores of a query alike, which a softmax does not see; "
    "tests/layers/transformer says so, and that every other weight moves"
)


def _step_by_step(layer, arguments):
    """What a translation does: `prepare` once a source, then one word after another."""
    arguments = dict(arguments)
    inputs, mask = arguments.pop("inputs"), arguments.pop("inputs_mask", None)
    prepared = layer.prepare(**arguments)
    cache, outputs = layer.initial_cache(prepared, inputs.shape[1] + 1), []
    for t in range(inputs.shape[1]):
        output, weights, new = layer.step(inputs[:, t], prepared, cache, t)
        assert (weights is not None) == layer.attends
        for one, other in zip(keras.tree.flatten(new), keras.tree.flatten(cache), strict=True):
            assert one.shape == other.shape and one.dtype == other.dtype
        cache = new
        outputs.append(output if mask is None else np.where(mask[:, t, None], output, 0.0))
    return np.stack(outputs, axis=1)


def _bahdanau(dtype=None):
    cell = layers.BahdanauCell(keras.layers.GRUCell(4, dtype=dtype), output_context=True, dtype=dtype)
    return layers.RecurrentDecoder(cell, first_state="backward", dtype=dtype)


def _luong(dtype=None):
    cells = [keras.layers.LSTMCell(4, dropout=0.3, seed=4, dtype=dtype), keras.layers.GRUCell(5, dtype=dtype)]
    attention = layers.Attention("general", scope=LocalMonotonicScope(2), dropout=0.4, seed=3, dtype=dtype)
    inner = keras.layers.StackedRNNCells(cells, dtype=dtype)
    cell = layers.LuongCell(inner, attention, units=9, dtype=dtype)
    return layers.RecurrentDecoder(cell, first_state="mean", dtype=dtype)


ROWS = {
    "RecurrentDecoder, Bahdanau": Case(_bahdanau, _READ, _MASKS, "inputs", _step_by_step),
    "RecurrentDecoder, deep Luong": Case(_luong, _READ, _MASKS, "inputs", _step_by_step),
    "ContextDecoder, first state": Case(
        functools.partial(
            layers.ContextDecoder, units=4, cell="lstm", num_layers=2, summary="ends", residual=True,
            dropout=0.4, seed=3,
        ),
        _READ,
        _MASKS,
        "inputs",
        _step_by_step,
    ),
    "ContextDecoder, every step": Case(
        functools.partial(layers.ContextDecoder, units=4, every_step=True, summary="backward"),
        _READ,
        _MASKS,
        "inputs",
        _step_by_step,
    ),
    "TransformerDecoder": Case(
        functools.partial(
            layers.TransformerDecoder, num_layers=2, num_heads=2, feed_forward_dim=9, dropout=0.3, seed=3,
            norm_first=True, positions="rotary",
        ),
        _EVEN,
        _MASKS,
        "inputs",
        _step_by_step,
        skip={"training": _BIAS},
    ),
    "ConvS2SDecoder": Case(
        functools.partial(layers.ConvS2SDecoder, num_layers=2, units=4, kernel_size=2, dropout=0.4, seed=3),
        {"inputs": QUERY, "memory": VALUE, "key": floats(B, 5, 7)},
        {**_MASKS, "key": VALUE_MASK},
        "inputs",
        _step_by_step,
    ),
    "TransformerEncoder": Case(
        functools.partial(
            layers.TransformerEncoder, num_layers=2, num_heads=2, feed_forward_dim=9, norm_first=True,
            dropout=0.3, seed=3,
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
        skip={"training": _BIAS},
    ),
    "ConvS2SEncoder": Case(
        functools.partial(
            layers.ConvS2SEncoder, num_layers=2, units=4, positions="learned", max_length=16, dropout=0.4,
            seed=3,
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "ScheduledSampling": Case(
        functools.partial(layers.ScheduledSampling, rate=0.5, seed=3),
        {"inputs": np.array([[2, 5, 3], [2, 4, 0]], "int32"), "logits": floats(B, T, 9)},
        steps=None,
    ),
}  # fmt: skip
