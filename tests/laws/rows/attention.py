import functools

import keras
import numpy as np

from keras_seq import layers
from keras_seq.layers import choosing
from keras_seq.layers.attention.scopes import WindowedScope
from keras_seq.layers.attention.scores import AdditiveScore
from keras_seq.testing import Case
from tests.laws.inputs import (
    CAUSAL,
    KEY,
    KEY_MASK,
    QUERY,
    QUERY_MASK,
    SEQUENCE,
    SOME,
    VALUE,
    VALUE_MASK,
    WIDE_VALUE,
    by_prefixes,
)

_ATTENDED = {"query": QUERY, "value": VALUE}
_QUERY_AND_VALUE = {"query": QUERY_MASK, "value": VALUE_MASK}


def _drawing():
    return choosing.by(choosing.Drawing())


ROWS = {
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
    "GeneralAttention": Case(
        functools.partial(layers.GeneralAttention, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "ConcatAttention": Case(
        functools.partial(layers.ConcatAttention, units=9, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "CosineAttention": Case(
        functools.partial(layers.CosineAttention, temperature=0.5, learned=True, dropout=0.4, seed=3),
        {"query": QUERY, "value": WIDE_VALUE},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "LocationAttention": Case(
        functools.partial(layers.LocationAttention, max_length=12, dropout=0.4, seed=3),
        _ATTENDED,
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "LocalAttention, predictive": Case(
        functools.partial(layers.LocalAttention, window=2, units=8, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        {**_QUERY_AND_VALUE, "key": KEY_MASK},
        mask_out="query",
    ),
    "LocalAttention, monotonic": Case(
        functools.partial(layers.LocalAttention, window=1, predictive=False, dropout=0.4, seed=3),
        _ATTENDED,
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
    "HardAttention": Case(  # without weights of its own: no gradient would reach them from what is drawn
        functools.partial(layers.HardAttention, score="scaled_dot", dropout=0.4, seed=3),
        {"query": QUERY, "value": WIDE_VALUE},
        _QUERY_AND_VALUE,
        mask_out="query",
        within=_drawing,
    ),
    "HardAttention, two keys": Case(
        functools.partial(layers.HardAttention, score="scaled_dot", k=2, dropout=0.4, seed=3),
        {"query": QUERY, "value": WIDE_VALUE},
        _QUERY_AND_VALUE,
        mask_out="query",
        within=_drawing,
    ),
    "SelfAttention": Case(
        functools.partial(
            layers.SelfAttention, score="additive", normalizer="sparsemax", dropout=0.4, seed=3
        ),
        {"inputs": SEQUENCE, "attention_mask": CAUSAL},
        {"inputs": VALUE_MASK},
        mask_out="inputs",
    ),
    "SelfAttention, causal": Case(
        functools.partial(layers.SelfAttention, score="cosine", normalizer="relu", scope="causal"),
        {"inputs": SEQUENCE},
        steps=by_prefixes,
    ),
    "SelfAttention, windowed": Case(
        lambda dtype=None: layers.SelfAttention(scope=WindowedScope(2, 1, dtype=dtype), dtype=dtype),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        mask_out="inputs",
    ),
    "Attention, with queries at positions of their own": Case(
        functools.partial(layers.Attention, score="general", scope="causal"),
        {**_ATTENDED, "query_positions": np.array([[4, 0, 2], [1, 3, 3]], "int32")},
        _QUERY_AND_VALUE,
        mask_out="query",
    ),
}
