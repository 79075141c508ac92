import functools

import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import KEY, KEY_MASK, QUERY, QUERY_MASK, SOME, VALUE, VALUE_MASK, B, S, T, floats

_ATTENDED = {"query": QUERY, "value": VALUE}
_QUERY_AND_VALUE = {"query": QUERY_MASK, "value": VALUE_MASK}
_WORDS = 11  # of the vocabulary


def _distribution(*shape):
    exponentials = np.exp(floats(*shape))
    return exponentials / exponentials.sum(-1, keepdims=True)


def _query_by_query(layer, arguments):
    """Query t needs those before it, and nothing behind."""
    query, mask = arguments["query"], arguments["query_mask"]
    given = {name: each for name, each in arguments.items() if name not in ("query", "query_mask")}
    outputs = [
        layer(query=query[:, : t + 1], query_mask=mask[:, : t + 1], **given)[:, -1:]
        for t in range(query.shape[1])
    ]
    return np.concatenate(outputs, axis=1)


ROWS = {
    "CoverageAttention": Case(
        functools.partial(layers.CoverageAttention, units=9, loss_weight=0.5, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        {**_QUERY_AND_VALUE, "key": KEY_MASK},
        mask_out="query",
        steps=_query_by_query,
    ),
    "CoverageAttention, of some pairs": Case(
        layers.CoverageAttention, {**_ATTENDED, "attention_mask": SOME}, _QUERY_AND_VALUE, mask_out="query"
    ),
    "MonotonicAttention": Case(
        functools.partial(layers.MonotonicAttention, dropout=0.4, seed=3),
        {**_ATTENDED, "key": KEY},
        {**_QUERY_AND_VALUE, "key": KEY_MASK},
        mask_out="query",
        steps=_query_by_query,
    ),
    "MonotonicAttention, soft": Case(
        functools.partial(layers.MonotonicAttention, hard=False, noise_std=0.0, score="additive"),
        {**_ATTENDED, "attention_mask": SOME},
        _QUERY_AND_VALUE,
        mask_out="query",
        steps=None,
    ),
    "PointerAttention": Case(
        layers.PointerAttention,
        {"query": QUERY, "key": KEY},
        {"query": QUERY_MASK, "key": VALUE_MASK},
        mask_out="query",
    ),
    "PointerGenerator": Case(
        functools.partial(layers.PointerGenerator, extra=2),
        {
            "features": floats(B, T, 7),
            "vocabulary_probs": _distribution(B, T, _WORDS),
            "attention_weights": _distribution(B, T, S),
            "source_ids": np.array([[12, 3, 3, 0, 0], [4, 11, 2, 4, 0]], "int32"),
        },
        {"features": QUERY_MASK, "source_ids": VALUE_MASK},
        mask_out="features",
        open_ended=("attention_weights",),
    ),
}
