"""Positions as layers: what is added, where they begin, what a mask does, and letters to wrong use."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import LearnedPositions, RotaryPositions, SinusoidalPositions
from tests.layers.letters import letter_of

MASK = np.array([[True, True, True, False, False], [True] * 5])
ALL = [lambda: LearnedPositions(20), SinusoidalPositions, RotaryPositions]


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def test_learned_positions_add_the_row_of_each_step(inputs):
    layer = LearnedPositions(20)
    found = np.array(layer(inputs, start=3))
    (table,) = layer.get_weights()
    assert table.shape == (20, 6)
    for b, t in np.ndindex(2, 5):
        np.testing.assert_allclose(found[b, t], inputs[b, t] + table[3 + t], atol=1e-6)


def test_sinusoidal_positions_add_sines_and_cosines_of_each_step(inputs):
    found = np.array(SinusoidalPositions(base=100)(inputs))
    for b, t, i in np.ndindex(2, 5, 3):
        angle = t / 100 ** (2 * i / 6)
        expected = inputs[b, t, 2 * i : 2 * i + 2] + np.array([np.sin(angle), np.cos(angle)])
        np.testing.assert_allclose(found[b, t, 2 * i : 2 * i + 2], expected, atol=1e-6)


def test_rotary_positions_turn_heads_as_they_turn_a_sequence(inputs):
    layer = RotaryPositions()
    heads = np.stack([inputs, 2 * inputs], axis=1)  # (B, H, T, D)
    turned = np.array(layer(inputs))
    np.testing.assert_allclose(layer(heads), np.stack([turned, 2 * turned], axis=1), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(inputs, axis=-1), rtol=1e-5)


@pytest.mark.parametrize("make", ALL)
def test_a_sequence_goes_in_whole_or_from_any_step_on(make, inputs):
    layer = make()
    whole = np.array(layer(inputs))
    for start in (2, np.int64(2), ops.convert_to_tensor(2, "int32")):
        np.testing.assert_allclose(layer(inputs[:, 2:], start=start), whole[:, 2:], atol=1e-6)


@pytest.mark.parametrize("make", ALL)
def test_the_mask_of_an_embedding_goes_through(make):
    embedded = keras.layers.Embedding(9, 6, mask_zero=True)(np.array([[3, 4, 0], [5, 0, 0]]))
    output = make()(embedded)
    np.testing.assert_array_equal(output._keras_mask, [[True, True, False], [True, False, False]])


@pytest.mark.parametrize("make", ALL[:2])
def test_positions_are_not_added_to_padding(make, inputs):
    assert not np.array(make()(inputs, mask=MASK))[~MASK].any()


def test_learned_positions_reach_to_the_last_row_and_refuse_to_go_beyond(inputs):
    layer = LearnedPositions(5)
    layer(inputs)
    with pytest.raises(ValueError) as error:
        layer(inputs, start=2)
    assert (
        "There are vectors for 5 positions and no more. Received: inputs of shape (2, 5, 6), start=2. "
        "Cut the inputs, or make the layer with max_length=7 or more."
    ) in str(error.value)
    with pytest.raises(ValueError, match="There are vectors for 4 positions and no more"):
        LearnedPositions(4)(keras.Input((5, 6)))


def test_wrong_arguments_are_told(inputs):
    assert letter_of(LearnedPositions, 0) == "max_length must be at least 1. Received: max_length=0"
    for layer in (SinusoidalPositions, RotaryPositions):
        assert letter_of(layer, base=1) == "base must be above 1. Received: base=1"


@pytest.mark.parametrize("make", ALL[:2])
def test_inputs_of_the_wrong_rank_are_told_their_shape(make, inputs):
    letter = letter_of(make(), inputs[:, 0])
    assert "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (2, 6)" in letter


def test_an_odd_width_cannot_be_turned_in_pairs(inputs):
    letter = letter_of(RotaryPositions(), inputs[..., :5])
    assert "of an even width. Received: inputs of shape (2, 5, 5)" in letter


def test_a_float_mask_is_refused(inputs):
    assert "A mask is boolean" in letter_of(SinusoidalPositions(), inputs, mask=MASK.astype("float32"))
