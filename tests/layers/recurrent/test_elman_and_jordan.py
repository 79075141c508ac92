"""Elman's and Jordan's networks by NumPy loops, and Elman's by Keras' own cell."""

import functools

import keras
import numpy as np
import pytest

from keras_seq.layers import ElmanCell, JordanCell
from keras_seq.testing import check_layer

KEEP = np.array([[True, True, True, False, False], [True] * 5])
CELLS = {"elman": functools.partial(ElmanCell, 4), "jordan": functools.partial(JordanCell, 4, 3)}


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def with_new_numbers(cell, width, random):
    cell.build((None, width))
    cell.set_weights([0.5 * random.normal(size=weight.shape) for weight in cell.weights])
    return cell


def test_elmans_network_feeds_its_hidden_layer_back(inputs, random):
    cell = with_new_numbers(ElmanCell(4), 6, random)
    w, r, b = cell.get_weights()
    expected = np.zeros((2, 5, 4))
    for i in range(2):
        h = np.zeros(4)
        for t in range(5):
            h = expected[i, t] = np.tanh(inputs[i, t] @ w + h @ r + b)
    np.testing.assert_allclose(keras.layers.RNN(cell, return_sequences=True)(inputs), expected, atol=1e-6)


def test_jordans_network_feeds_its_output_back(inputs, random):
    cell = with_new_numbers(JordanCell(4, 3), 6, random)
    w, r, b, u, c = cell.get_weights()
    assert r.shape == (3, 4), "what is fed back is as wide as the output"
    expected = np.zeros((2, 5, 3))
    for i in range(2):
        y = np.zeros(3)
        for t in range(5):
            h = np.tanh(inputs[i, t] @ w + y @ r + b)
            y = expected[i, t] = 1 / (1 + np.exp(-(h @ u + c)))
    np.testing.assert_allclose(keras.layers.RNN(cell, return_sequences=True)(inputs), expected, atol=1e-6)


def test_elmans_network_is_keras_simple_rnn_on_the_same_weights(inputs, random):
    cell = with_new_numbers(ElmanCell(4), 6, random)
    theirs = keras.layers.SimpleRNN(4, return_sequences=True)
    theirs.build(inputs.shape)
    theirs.set_weights(cell.get_weights())
    ours = keras.layers.RNN(cell, return_sequences=True)
    np.testing.assert_allclose(ours(inputs, mask=KEEP), theirs(inputs, mask=KEEP), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_inside_keras_rnn_they_obey_the_laws(cell, inputs):
    def make(dtype=None):
        return keras.layers.RNN(CELLS[cell](dtype=dtype), return_sequences=True, dtype=dtype)

    check_layer(make, {"sequences": inputs}, laws=["compilation", "precision", "gradients"])


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_the_activation_is_that_of_the_hidden_layer(activation, inputs, random):
    cell = with_new_numbers(JordanCell(4, 3, activation=activation, output_activation="softmax"), 6, random)
    w, r, b, u, c = cell.get_weights()
    y, _ = cell(inputs[:, 0], [np.zeros((2, 3), "float32")])
    hidden = inputs[:, 0] @ w + b
    scores = np.exp((np.maximum(hidden, 0) if activation == "relu" else hidden) @ u + c)
    np.testing.assert_allclose(y, scores / scores.sum(-1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize(
    "make, name",
    [(ElmanCell, "units"), (JordanCell, "units"), (functools.partial(JordanCell, 4), "output_units")],
)
def test_sizes_below_one_are_refused(make, name):
    with pytest.raises(ValueError) as error:
        make(**{name: 0})
    assert str(error.value) == f"{name} must be at least 1. Received: {name}=0"
