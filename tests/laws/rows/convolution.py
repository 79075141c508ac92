import functools

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import SEQUENCE, VALUE_MASK, by_prefixes

_INPUTS, _MASKS = {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}

ROWS = {
    "MaskedConv1D": Case(
        functools.partial(layers.MaskedConv1D, 4, 2, activation="relu"), _INPUTS, _MASKS, "inputs"
    ),
    "MaskedConv1D, in strides": Case(
        functools.partial(layers.MaskedConv1D, 4, 3, strides=2), _INPUTS, _MASKS, VALUE_MASK[:, ::2]
    ),
    "MaskedConv1D, causal": Case(
        functools.partial(layers.MaskedConv1D, 4, 2, padding="causal", dilation_rate=2),
        _INPUTS,
        steps=by_prefixes,
    ),
    "MaskedConv1D, whole windows": Case(
        functools.partial(layers.MaskedConv1D, 4, 3, padding="valid", use_bias=False),
        _INPUTS,
        _MASKS,
        VALUE_MASK[:, 2:],
    ),
    "MaskedMaxPooling1D": Case(
        functools.partial(layers.MaskedMaxPooling1D, 2), _INPUTS, _MASKS, VALUE_MASK[:, ::2]
    ),
    "MaskedMaxPooling1D, whole windows": Case(
        functools.partial(layers.MaskedMaxPooling1D, 3, 1, "valid"), _INPUTS, _MASKS, VALUE_MASK[:, 2:]
    ),
    "MaskedAveragePooling1D": Case(
        functools.partial(layers.MaskedAveragePooling1D, 3, 2), _INPUTS, _MASKS, VALUE_MASK[:, ::2]
    ),
    "MaskedAveragePooling1D, whole windows": Case(
        functools.partial(layers.MaskedAveragePooling1D, 3, 1, "valid"), _INPUTS, _MASKS, VALUE_MASK[:, 2:]
    ),
}
