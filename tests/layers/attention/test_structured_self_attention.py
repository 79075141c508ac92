"""Structured self-attention by NumPy loops: hops, penalty, masks, and the loss that fit sees."""

import keras
import numpy as np
import pytest

from keras_seq.layers import StructuredSelfAttention, recording
from tests.layers.letters import letter_of

MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def by_loops(inputs, mask, w_1, w_2):
    """A (B, hops, T), M (B, hops, D) and P of each row that keeps something."""
    (batch, length, width), hops = inputs.shape, w_2.shape[1]
    a, m, penalties = np.zeros((batch, hops, length)), np.zeros((batch, hops, width)), []
    for b in range(batch):
        kept = [t for t in range(length) if mask[b, t]]
        for hop in range(hops):
            raw = {t: np.exp(w_2[:, hop] @ np.tanh(w_1.T @ inputs[b, t])) for t in kept}
            for t in kept:
                a[b, hop, t] = raw[t] / sum(raw.values())
                m[b, hop] += a[b, hop, t] * inputs[b, t]
        if kept:
            penalties.append(
                sum((a[b, i] @ a[b, j] - (i == j)) ** 2 for i in range(hops) for j in range(hops))
            )
    return a, m, penalties


@pytest.mark.parametrize("mask", [MASK, MASK & np.array([[False], [True]]), np.ones((2, 5), "bool")])
def test_it_is_lins_formula_with_its_penalty(inputs, mask):
    layer = StructuredSelfAttention(units=4, hops=3, penalty=0.7)
    matrix, weights = layer(inputs, mask=mask, return_attention_scores=True)
    w_1, w_2 = layer.get_weights()
    assert w_1.shape == (6, 4) and w_2.shape == (4, 3)
    a, m, penalties = by_loops(inputs, mask, w_1, w_2)
    np.testing.assert_allclose(weights, a, atol=1e-6)
    np.testing.assert_allclose(matrix, m, atol=1e-6)
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 0.7 * np.mean(penalties), atol=1e-5)


def test_an_empty_row_gives_zeros_and_no_penalty(inputs):
    layer = StructuredSelfAttention(units=4, hops=3)
    matrix, weights = layer(inputs, mask=np.zeros((2, 5), "bool"), return_attention_scores=True)
    assert not np.array(matrix).any() and not np.array(weights).any()
    assert float(layer.losses[0]) == 0.0


def test_fit_sees_the_penalty_and_makes_the_hops_differ(random):
    keras.utils.set_random_seed(0)
    states = keras.Input((None, 6))
    layer = StructuredSelfAttention(units=8, hops=2, penalty=1.0)
    model = keras.Model(states, layer(states))
    inputs = random.normal(size=(8, 5, 6)).astype("float32")
    model.compile(
        optimizer=keras.optimizers.Adam(0.05),
        loss=lambda y, prediction: 0.0 * prediction[:, 0, 0],
        jit_compile=False,
    )
    history = model.fit(inputs, np.zeros(8), epochs=40, verbose=0).history["loss"]
    model(inputs)
    assert history[-1] < 0.7 * history[0]


def test_without_a_penalty_nothing_is_added(inputs):
    layer = StructuredSelfAttention(units=4, hops=3, penalty=0)
    layer(inputs)
    assert layer.losses == []


def test_the_weights_are_reported_once_a_call(inputs):
    heard = []
    layer = StructuredSelfAttention(units=4, hops=3)
    with recording.recorded(lambda layer, weights: heard.append((layer, tuple(weights.shape)))):
        layer(inputs)
    assert heard == [(layer, (2, 3, 5))]


@pytest.mark.parametrize("name, least", [("units", 1), ("hops", 1), ("penalty", 0)])
def test_a_number_below_its_least_is_refused(name, least):
    letter = letter_of(StructuredSelfAttention, **{"units": 4, "hops": 3, name: least - 1})
    assert letter == f"{name} must be at least {least}. Received: {name}={least - 1}"


def test_wrong_inputs_are_told(inputs):
    layer = StructuredSelfAttention(4, 3)
    assert "must be of rank 3: (batch, length, width). Received: inputs of shape (2, 6)" in letter_of(
        layer, inputs[:, 0]
    )
    assert "A mask is boolean" in letter_of(layer, inputs, mask=MASK.astype("float32"))
