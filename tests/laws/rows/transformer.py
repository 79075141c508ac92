import functools

import numpy as np
from keras import ops

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import QUERY, QUERY_MASK, SEQUENCE, VALUE, VALUE_MASK, floats

_BIAS = (
    "the keys' bias shifts all scores of a query alike, which a softmax does not see; "
    "tests/layers/transformer says so, and that every other weight moves"
)
_TARGET = floats(2, 3, 8)


def _stepped(layer, inputs, cache, **options):
    outputs = []
    for t in range(inputs.shape[1]):
        output, cache = layer(inputs[:, t : t + 1], cache=cache, step=t, **options)
        outputs.append(ops.convert_to_numpy(output))
    return np.concatenate(outputs, axis=1)


def _encoder_steps(layer, arguments):
    inputs = arguments["inputs"]
    return _stepped(layer, inputs, layer.initial_cache(len(inputs), inputs.shape[1] + 1))


def _decoder_steps(layer, arguments):
    cache = layer.initial_cache(arguments["value"], arguments["inputs"].shape[1] + 1)
    return _stepped(layer, arguments["inputs"], cache, value_mask=arguments["value_mask"])


ROWS = {
    "TransformerEncoderBlock": Case(
        functools.partial(
            layers.TransformerEncoderBlock, num_heads=2, feed_forward_dim=9, dropout=0.3, seed=3
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        mask_out="inputs",
        skip={"training": _BIAS},
    ),
    "TransformerEncoderBlock, a language model's": Case(
        functools.partial(
            layers.TransformerEncoderBlock,
            num_heads=3,
            feed_forward_dim=9,
            key_dim=4,
            activation="gelu",
            norm_first=True,
            scope="causal",
            rotary=True,
        ),
        {"inputs": SEQUENCE},
        steps=_encoder_steps,
    ),
    "TransformerDecoderBlock": Case(
        functools.partial(
            layers.TransformerDecoderBlock,
            num_heads=2,
            feed_forward_dim=9,
            dropout=0.3,
            seed=3,
            norm_first=True,
            rotary=True,
        ),
        {"inputs": _TARGET, "value": VALUE},
        {"inputs": QUERY_MASK, "value": VALUE_MASK},
        mask_out="inputs",
        skip={"training": _BIAS},
    ),
    "TransformerDecoderBlock, step by step": Case(
        functools.partial(
            layers.TransformerDecoderBlock, num_heads=2, feed_forward_dim=9, key_dim=5, activation="gelu"
        ),
        {"inputs": QUERY, "value": VALUE},
        {"value": VALUE_MASK},
        steps=_decoder_steps,
        skip={"training": _BIAS},
    ),
}
