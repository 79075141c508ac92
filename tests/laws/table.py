"""The one table of layers: each public layer with its arguments and its inputs. A new layer gets a row here.

Sizes are all different, B 2, T 3, S 5, widths 7, 6 and 4, so that a swapped axis cannot hide.
"""

import functools

import keras
import numpy as np

from keras_seq import layers
from keras_seq.layers.attention.scores import AdditiveScore
from keras_seq.testing import Case

B, T, S = 2, 3, 5
_random = np.random.default_rng(0)


def _floats(*shape):
    return _random.normal(size=shape).astype("float32")


QUERY, VALUE, KEY = _floats(B, T, 7), _floats(B, S, 6), _floats(B, S, 4)
WIDE_VALUE = _floats(B, S, 7)
SEQUENCE = _floats(B, S, 6)
QUERY_MASK = np.array([[True, True, False], [True, True, True]])
VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
KEY_MASK = np.array([[True, True, True, True, False], [True, True, True, True, False]])
CAUSAL = np.tril(np.ones((S, S), "bool"))[None].repeat(B, 0)
SOME = np.array([[[True, False, True, True, True]] * T, [[False, True, True, False, True]] * T])
TOKEN_IDS = np.array([[5, 3, 9, 0, 0], [4, 8, 2, 7, 0]], "int32")

_ATTENDED = {"query": QUERY, "value": VALUE}
_QUERY_AND_VALUE = {"query": QUERY_MASK, "value": VALUE_MASK}


def _pooled_by_attention(dtype=None):
    return layers.AttentionPooling(
        layers.Attention("additive", dropout=0.4, seed=3, dtype=dtype), dtype=dtype
    )


def by_prefixes(layer, arguments):
    """Step t of a layer that reads from left to right needs nothing behind t."""
    inputs = arguments["inputs"]
    return np.concatenate([layer(inputs[:, : t + 1])[:, -1:] for t in range(inputs.shape[1])], axis=1)


CASES = {
    "Attention": Case(
        functools.partial(layers.Attention, score="additive", dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        {**_QUERY_AND_VALUE, "key": KEY_MASK},
        mask_out="query",
    ),
    "Attention, with a score of its own": Case(
        lambda dtype=None: layers.Attention(
            AdditiveScore(9, keras.initializers.RandomNormal(seed=1), dtype=dtype), dtype=dtype
        ),
        {**_ATTENDED, "attention_mask": SOME},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "Attention, to itself and causal": Case(
        functools.partial(layers.Attention, score="scaled_dot"),
        {"query": SEQUENCE, "value": SEQUENCE, "attention_mask": CAUSAL},
        {"query": VALUE_MASK, "value": VALUE_MASK},
        mask_out="query",
    ),
    "AdditiveAttention": Case(
        functools.partial(layers.AdditiveAttention, units=9, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "AdditiveAttention, as wide as the key": Case(layers.AdditiveAttention, _ATTENDED),
    "DotProductAttention": Case(
        functools.partial(layers.DotProductAttention, dropout=0.4, seed=3),
        {"query": QUERY, "value": WIDE_VALUE},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "AttentionPooling": Case(_pooled_by_attention, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "AttentionPooling, scaled dot": Case(
        functools.partial(
            layers.AttentionPooling, attention="scaled_dot", query_initializer="glorot_uniform"
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
    ),
    "LastPooling": Case(layers.LastPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "LastPooling, two directions": Case(
        functools.partial(layers.LastPooling, bidirectional=True),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
    ),
    "MeanPooling": Case(layers.MeanPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "MaxPooling": Case(layers.MaxPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
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
    "LateFusion": Case(
        functools.partial(layers.LateFusion, share=0.5),
        {"learner": _floats(B, 4), "expert": _floats(B, 4)},
        skip={"randomness": "it answers otherwise in training by design, and tests/layers says how"},
    ),
    "NgramEvidence": Case(
        functools.partial(layers.NgramEvidence, num_classes=3, longest=2, slots=53),
        {"token_ids": TOKEN_IDS},
        {"token_ids": TOKEN_IDS != 0},
    ),
    "WordDropout": Case(
        functools.partial(layers.WordDropout, rate=0.6, unknown_id=1, seed=3),
        {"inputs": TOKEN_IDS},
        {"inputs": TOKEN_IDS != 0},
        "inputs",
    ),
}

WITHOUT_A_ROW: dict[str, str] = {}
"""Public layers that have no row, each with its reason."""
