"""Scopes by loops, at positions of one's own, step by step, and by Keras' causal mask."""

import functools

import keras
import numpy as np
import pytest

from keras_seq.layers import Attention, LocalAttention, SelfAttention
from keras_seq.layers.attention.scopes import LocalMonotonicScope, LocalPredictiveScope, WindowedScope
from tests.layers.attention import by_loops
from tests.layers.letters import letter_of

SCOPES = {
    "causal": lambda: "causal",
    "windowed": lambda: WindowedScope(2, 1),
    "local_m": lambda: LocalMonotonicScope(1),
}


@pytest.fixture
def tensors(random):
    return [random.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 5, 4))]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("positions", [[[4, 0, 2], [1, 3, 3]], [[2, 9, 0]]], ids=["by row", "for all rows"])
def test_queries_may_stand_anywhere_among_the_keys(scope, positions, tensors):
    query, value = tensors
    given = np.array(positions[0] if len(positions) == 1 else positions)
    _, weights = Attention("dot", scope=SCOPES[scope]())(
        query, value, query_positions=given, return_attention_scores=True
    )
    expected, _ = by_loops.attended(
        functools.partial(by_loops.SCORES["dot"], {}),
        by_loops.NORMALIZERS["softmax"],
        functools.partial(by_loops.SCOPES[scope], {}),
        by_loops.SELECTIONS["soft"],
        query, value, value, np.ones((2, 3, 5), "bool"), np.broadcast_to(positions, (2, 3)),
    )  # fmt: skip
    np.testing.assert_allclose(weights, expected, atol=1e-6)


@pytest.mark.parametrize("scope", SCOPES)
def test_one_query_at_a_time_at_its_position_gives_what_all_at_once_give(scope, tensors):
    query, value = tensors
    layer = Attention("dot", scope=SCOPES[scope]())
    steps = [layer(query[:, t : t + 1], value, query_positions=[t]) for t in range(3)]
    np.testing.assert_allclose(np.concatenate(steps, axis=1), layer(query, value), atol=1e-6)


def test_the_causal_scope_is_the_causal_mask_of_keras(random):
    states = random.normal(size=(2, 5, 4)).astype("float32")
    keep = np.array([[True, True, True, True, False], [True] * 5])
    theirs, their_weights = keras.layers.Attention()(
        [states / 2.0, states], mask=[None, keep], use_causal_mask=True, return_attention_scores=True
    )
    for ours in (Attention(scope="causal"), functools.partial(Attention(), use_causal_mask=True)):
        context, weights = ours(states, states, value_mask=keep, return_attention_scores=True)
        np.testing.assert_allclose(weights, their_weights, atol=1e-6)
        np.testing.assert_allclose(context, theirs, atol=1e-6)


def test_a_causal_mask_acts_besides_the_scope(tensors):
    query, value = tensors
    both = Attention(scope=WindowedScope(1, 1))(query, value, use_causal_mask=True)
    np.testing.assert_allclose(both, Attention(scope=WindowedScope(1, 0))(query, value), atol=1e-6)
    at = {"query_positions": np.array([3, 4, 0])}
    both = Attention(scope=WindowedScope(1, 1))(query, value, use_causal_mask=True, **at)
    np.testing.assert_allclose(both, Attention(scope=WindowedScope(1, 0))(query, value, **at), atol=1e-6)


@pytest.mark.parametrize("normalizer", ["softmax", "relu", "sparsemax"])
def test_local_p_is_luongs_formula_with_every_normalizer_and_rows_of_other_lengths(normalizer, tensors):
    query, value = tensors
    keep = np.array([[True, True, True, True, False], [True, True, False, False, False]])
    layer = LocalAttention(2, units=6, score="dot", normalizer=normalizer)
    context, weights = layer(query, value, value_mask=keep, return_attention_scores=True)
    scope = {weight.name: weight.numpy() for weight in layer.scope.weights}
    expected_weights, expected = by_loops.attended(
        functools.partial(by_loops.SCORES["dot"], {}),
        by_loops.NORMALIZERS[normalizer],
        functools.partial(by_loops.SCOPES["local_p"], scope),
        by_loops.SELECTIONS["soft"],
        query, value, value, np.broadcast_to(keep[:, None], (2, 3, 5)),
    )  # fmt: skip
    np.testing.assert_allclose(weights, expected_weights, atol=1e-5)
    np.testing.assert_allclose(context, expected, atol=1e-5)


def test_a_predicted_position_is_known_exactly_in_half_precision():
    scope = LocalPredictiveScope(1, dtype="mixed_float16")
    query, key = np.ones((1, 1, 4), "float16"), np.zeros((1, 6001, 1), "float16")
    scope.build(query.shape, key.shape)
    scope.set_weights([np.zeros((4, 4)), np.zeros(4)])  # sigmoid(0) = 1/2: p = 3000.5
    keep, factor = scope(query, key)
    assert np.flatnonzero(np.array(keep)[0, 0]).tolist() == [3000, 3001]
    expected = np.exp(-2 * np.array([1.5, 0.5, 0.5, 1.5]) ** 2)
    np.testing.assert_allclose(np.array(factor)[0, 0, 2999:3003], expected, rtol=1e-6)


def test_the_position_learns_where_to_look():
    """Keys that say nothing, one value that is asked for: only p_t can learn, and moves there."""
    import tensorflow as tf

    random = np.random.default_rng(1)
    query, value, key = np.ones((64, 1, 2)), random.normal(size=(64, 12, 3)), np.zeros((64, 12, 2))
    keras.utils.set_random_seed(0)
    layer, optimizer = LocalAttention(3, units=4, score="dot"), keras.optimizers.Adam(0.1)

    def looks_at():
        return int(np.argmax(layer(query, value, key, return_attention_scores=True)[1][0, 0]))

    assert looks_at() != 8
    for _ in range(30):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(query, value, key) - value[:, 8:9].astype("float32")) ** 2)
        weights = layer.trainable_weights
        optimizer.apply(tape.gradient(loss, [weight.value for weight in weights]), weights)
    assert looks_at() == 8


def test_self_attention_over_a_band_reaches_no_further(random):
    states = random.normal(size=(1, 9, 4)).astype("float32")
    layer = SelfAttention(scope=WindowedScope(2, 1))
    changed = states.copy()
    changed[0, 4] += 1.0
    differs = np.abs(np.array(layer(changed)) - np.array(layer(states))).max(-1)[0] > 1e-6
    assert np.flatnonzero(differs).tolist() == [3, 4, 5, 6]


def test_windows_of_impossible_sizes_are_refused():
    sides = "A window reaches 0 or more keys to each side. Received: "
    assert letter_of(WindowedScope, -1, 2) == sides + "before=-1"
    assert letter_of(WindowedScope, 1, -2) == sides + "after=-2"
    assert letter_of(LocalMonotonicScope, -3) == sides + "window=-3"
    assert letter_of(LocalPredictiveScope, 0) == (
        "The window of a predicted position reaches 1 or more keys. Received: window=0"
    )
    assert letter_of(LocalPredictiveScope, units=0) == (
        "units must be at least 1, or None for the query's width. Received: units=0"
    )
