import functools

import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import (
    KEY,
    KEY_MASK,
    QUERY,
    QUERY_MASK,
    SEQUENCE,
    VALUE,
    VALUE_MASK,
    WIDE_VALUE,
    B,
    T,
    floats,
)

_EMBEDDED = floats(B, T, 4)  # as wide as the key


def _by_steps(layer, arguments):
    """One step at a time, with what the block keeps of the steps before."""
    arguments = dict(arguments)
    inputs, embedded = arguments.pop("inputs"), arguments.pop("embedded", None)
    cache, outputs = layer.initial_cache(len(inputs)), []
    for t in range(inputs.shape[1]):
        step = {} if embedded is None else {"embedded": embedded[:, t : t + 1]}
        output, cache = layer(inputs[:, t : t + 1], cache=cache, **step, **arguments)
        assert cache.shape == layer.initial_cache(len(inputs)).shape
        outputs.append(output)
    return np.concatenate(outputs, axis=1)


ROWS = {
    "GatedLinearUnit": Case(layers.GatedLinearUnit, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}, "inputs"),
    "GatedConvolutionBlock": Case(
        functools.partial(layers.GatedConvolutionBlock, dropout=0.4, seed=3),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "GatedConvolutionBlock, causal": Case(
        functools.partial(layers.GatedConvolutionBlock, 4, "causal"), {"inputs": SEQUENCE}, steps=_by_steps
    ),
    "MultiStepAttention": Case(
        layers.MultiStepAttention,
        {"query": QUERY, "value": VALUE, "key": KEY, "embedded": _EMBEDDED},
        {"query": QUERY_MASK, "value": VALUE_MASK, "key": KEY_MASK},
        "query",
    ),
    "ConvS2SDecoderBlock": Case(
        functools.partial(layers.ConvS2SDecoderBlock, 2, dropout=0.4, seed=3),
        {"inputs": QUERY, "value": VALUE, "key": KEY, "embedded": _EMBEDDED},
        {"inputs": QUERY_MASK, "value": VALUE_MASK, "key": KEY_MASK},
        "inputs",
    ),
    "ConvS2SDecoderBlock, step by step": Case(
        layers.ConvS2SDecoderBlock,
        {"inputs": QUERY, "value": WIDE_VALUE, "embedded": floats(B, T, 7)},
        steps=_by_steps,
    ),
}
