"""What weights and contexts of attention are, whatever the shapes and masks: found by hypothesis, not by us.

Lengths 1 … 6, batches 1 … 3, any masks, rows that keep nothing among them.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq import layers
from keras_seq.layers.attention import scopes, scores
from keras_seq.layers.attention.scopes import WindowedScope

WIDTH = 4
_few, _more = (settings(max_examples=most, derandomize=True, database=None) for most in (8, 15))


@dataclass
class Call:
    """query, value and their masks."""

    query: np.ndarray
    value: np.ndarray
    query_mask: np.ndarray
    value_mask: np.ndarray

    def kept(self, scope="global"):
        """bool `(B, T, S)`: which key each query may attend to."""
        pairs = self.query_mask[:, :, None] & self.value_mask[:, None]
        for t in range(pairs.shape[1]):
            for s in range(pairs.shape[2]):
                pairs[:, t, s] &= {"global": True, "causal": s <= t, "windowed": t - 1 <= s <= t + 2}[scope]
        return pairs


@st.composite
def calls(draw, to_itself=False):
    """Any batch, lengths, numbers and masks; to itself: the query is the value."""
    batch, queries, keys = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 6))

    def mask(length):
        row = st.lists(st.booleans(), min_size=length, max_size=length)
        return np.array(draw(st.lists(row, min_size=batch, max_size=batch)), "bool")

    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([0.01, 1.0, 30.0]))
    value, value_mask = size * random.normal(size=(batch, keys, WIDTH)), mask(keys)
    if to_itself:
        query, query_mask = value, value_mask
    else:
        query, query_mask = size * random.normal(size=(batch, queries, WIDTH)), mask(queries)
    return Call(query.astype("float32"), value.astype("float32"), query_mask, value_mask)


def built(make, to_itself=False):
    """The layer with weights of which none is at its first value."""
    keras.utils.set_random_seed(0)
    layer, shape = make(), (2, 3, WIDTH)
    layer(*[np.ones(shape, "float32")] * (1 if to_itself else 2))
    random = np.random.default_rng(0)
    layer.set_weights([weight + 0.3 * random.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def attend(layer, call, to_itself=False):
    """context `(B, T, D)` and weights `(B, H, T, S)`."""
    given = {"inputs": call.value, "mask": call.value_mask} if to_itself else vars(call)
    context, weights = layer(**given, return_attention_scores=True)
    batch, queries, keys = call.query.shape[0], call.query.shape[1], call.value.shape[1]
    return np.array(context), np.array(weights).reshape(batch, -1, queries, keys)


def expect_weights(weights, kept, sums):
    """Never negative, 0 on what is dropped; rows sum to 1 ("one"), or at most so; empty ones to 0."""
    assert np.isfinite(weights).all() and (weights >= 0).all()
    assert not weights[~np.broadcast_to(kept[:, None], weights.shape)].any()
    wanted = np.broadcast_to(kept.any(-1)[:, None], weights.shape[:-1]).astype("float32")
    if sums == "one":
        np.testing.assert_allclose(weights.sum(-1), wanted, atol=1e-5)
    if sums == "at most one":
        assert (weights.sum(-1) <= wanted + 1e-5).all()


def expect_in_hull(context, call, kept, with_zero=False):
    """Dimension by dimension between the lowest and the highest kept value; 0 where none is kept."""
    for b, t in np.ndindex(kept.shape[:2]):
        values = call.value[b, kept[b, t]]
        if with_zero or not len(values):
            values = np.concatenate([values, np.zeros((1, WIDTH))])
        margin = 1e-5 * max(1.0, np.abs(values).max())
        assert (values.min(0) - margin <= context[b, t]).all() and (
            context[b, t] <= values.max(0) + margin
        ).all()


def expect_permuted(layer, call, weights):
    """Keys, values and mask in another order: the weights in that order."""
    order = np.random.default_rng(1).permutation(call.value.shape[1])
    moved = Call(call.query, call.value[:, order], call.query_mask, call.value_mask[:, order])
    np.testing.assert_allclose(attend(layer, moved)[1], weights[..., order], rtol=1e-3, atol=1e-4)


# Scores, normalizers and scopes in every combination.

SCORES = sorted(scores._BY_NAME)
SUMS = {"softmax": "one", "sparsemax": "one", "relu": None}
SCOPES = {"global": "global", "causal": "causal", "windowed": WindowedScope(1, 2)}
_combined = functools.cache(
    lambda score, normalizer, scope: built(
        functools.partial(layers.Attention, score, normalizer, SCOPES[scope])
    )
)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("score", SCORES)
@_few
@given(call=calls(), normalizer=st.sampled_from(sorted(SUMS)))
def test_any_score_with_any_normalizer_and_scope(score, scope, call, normalizer):
    layer, kept = _combined(score, normalizer, scope), call.kept(scope)
    context, weights = attend(layer, call)
    expect_weights(weights, kept, SUMS[normalizer])
    if SUMS[normalizer]:
        expect_in_hull(context, call, kept)
    if scope == "global" and score != "location":
        expect_permuted(layer, call, weights)


@_more
@given(call=calls(), scope=st.sampled_from(sorted(scopes._BY_NAME)), score=st.sampled_from(SCORES))
def test_a_hard_selection_reads_one_kept_value_or_none(call, scope, score):
    layer = _chosen(score, scope)
    _, weights = attend(layer, call)
    expect_weights(weights, call.kept(), "at most one")  # a scope may drop more
    assert set(np.unique(weights)) <= {0.0, 1.0}


_chosen = functools.cache(
    lambda score, scope: built(functools.partial(layers.Attention, score, scope=scope, selection="hard"))
)


# Every named layer that takes a query and a value.


@dataclass
class Named:
    """A layer and what holds of it."""

    make: Callable
    sums: str = "one"
    in_hull: bool = True  # False: the context is more than a mean of the values
    by_position: bool = False  # True: where a key stands matters
    to_itself: bool = False


NAMED = {
    "AdditiveAttention": Named(functools.partial(layers.AdditiveAttention, 5)),
    "DotProductAttention": Named(layers.DotProductAttention),
    "ConcatAttention": Named(lambda: layers.ConcatAttention(5)),
    "CosineAttention": Named(lambda: layers.CosineAttention()),
    "CoverageAttention": Named(lambda: layers.CoverageAttention(5)),
    "GeneralAttention": Named(lambda: layers.GeneralAttention()),
    "HardAttention": Named(lambda: layers.HardAttention(), by_position=True),  # ties go to the first
    "LocalAttention": Named(lambda: layers.LocalAttention(2), "at most one", by_position=True),
    "LocationAttention": Named(lambda: layers.LocationAttention(7), by_position=True),
    "MonotonicAttention": Named(lambda: layers.MonotonicAttention(), "at most one", by_position=True),
    "MultiHeadAttention": Named(lambda: layers.MultiHeadAttention(2), in_hull=False),
    "MultiHeadSelfAttention": Named(lambda: layers.MultiHeadSelfAttention(2), in_hull=False, to_itself=True),
    "MultiStepAttention": Named(layers.MultiStepAttention, in_hull=False),
    "SelfAttention": Named(lambda: layers.SelfAttention(), to_itself=True),
}


def _takes(name):
    return set(inspect.signature(getattr(layers, name).call).parameters)


def test_every_public_layer_that_takes_a_query_and_a_value_is_here():
    public = {name for name in layers.__all__ if isinstance(getattr(layers, name), type)}
    asked = {name for name in public if {"query", "value", "return_attention_scores"} <= _takes(name)}
    assert asked <= {"Attention", *NAMED}


@pytest.mark.parametrize("name", NAMED)
def test_any_named_attention(name):
    law = NAMED[name]
    layer = built(law.make, law.to_itself)

    @_more
    @given(call=calls(law.to_itself))
    def holds(call):
        context, weights = attend(layer, call, law.to_itself)
        kept = call.kept()
        expect_weights(weights, kept, law.sums)
        if law.in_hull:
            expect_in_hull(context, call, kept, with_zero=law.sums != "one")
        if not (law.by_position or law.to_itself):
            expect_permuted(layer, call, weights)

    holds()
