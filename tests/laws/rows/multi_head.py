import functools

import numpy as np
from keras import ops

from keras_seq import layers
from keras_seq.layers.attention.scopes import WindowedScope
from keras_seq.testing import Case
from tests.laws.inputs import CAUSAL, KEY, KEY_MASK, QUERY, QUERY_MASK, SEQUENCE, SOME, VALUE, VALUE_MASK

_BIAS = (
    "the keys' bias shifts all scores of a query alike, which a softmax does not see; "
    "tests/layers/attention says so, and that every other weight moves"
)


def _with_a_cache(layer, arguments):
    inputs, outputs = arguments["inputs"], []
    batch, length = inputs.shape[:2]
    cache = layer.initial_cache(batch, length + 2)
    for t in range(length):
        output, cache = layer(inputs[:, t : t + 1], cache=cache, step=t)
        outputs.append(ops.convert_to_numpy(output))
    return np.concatenate(outputs, axis=1)


def _windowed(dtype=None):
    return layers.MultiHeadSelfAttention(
        2, scope=WindowedScope(before=2, after=0, dtype=dtype), rotary=True, key_dim=4, dtype=dtype
    )


ROWS = {
    "MultiHeadAttention": Case(
        functools.partial(
            layers.MultiHeadAttention,
            num_heads=2,
            key_dim=4,
            value_dim=3,
            output_dim=8,
            dropout=0.4,
            seed=3,
            kernel_initializer="he_normal",
        ),
        {"query": QUERY, "value": VALUE, "key": KEY, "attention_mask": SOME},
        {"query": QUERY_MASK, "value": VALUE_MASK, "key": KEY_MASK},
        mask_out="query",
        skip={"training": _BIAS},
    ),
    "MultiHeadAttention, of other parts": Case(
        functools.partial(
            layers.MultiHeadAttention,
            num_heads=7,
            score="additive",
            normalizer="sparsemax",
            scope="local_m",
        ),
        {"query": QUERY, "value": VALUE},
        {"query": QUERY_MASK, "value": VALUE_MASK},
        mask_out="query",
    ),
    "MultiHeadSelfAttention": Case(
        functools.partial(layers.MultiHeadSelfAttention, num_heads=3, dropout=0.4, seed=3),
        {"inputs": SEQUENCE, "attention_mask": CAUSAL},
        {"inputs": VALUE_MASK},
        mask_out="inputs",
        skip={"training": _BIAS},
    ),
    "MultiHeadSelfAttention, causal": Case(
        functools.partial(layers.MultiHeadSelfAttention, num_heads=2, scope="causal", use_bias=False),
        {"inputs": SEQUENCE},
        steps=_with_a_cache,
    ),
    "MultiHeadSelfAttention, windowed with rotary positions": Case(
        _windowed, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}, mask_out="inputs"
    ),
    "MultiHeadSelfAttention, windowed step by step": Case(
        _windowed, {"inputs": SEQUENCE}, steps=_with_a_cache
    ),
    "StructuredSelfAttention": Case(
        functools.partial(layers.StructuredSelfAttention, units=4, hops=3, penalty=0.5),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
    ),
}
