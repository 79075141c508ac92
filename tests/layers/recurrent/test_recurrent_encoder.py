"""The encoder against Keras' own layers on the same weights."""

import functools

import keras
import numpy as np
import pytest

from keras_seq.layers import RecurrentEncoder
from keras_seq.testing import check_layer
from tests.laws.inputs import by_prefixes

KERAS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple": keras.layers.SimpleRNN}
KEEP = np.array([[True, True, True, False, False], [True] * 5, [False] * 5, [True] + [False] * 4])


@pytest.fixture
def inputs(random):
    return random.normal(size=(4, 5, 6)).astype("float32")


def _with_new_numbers(layer, random):
    layer.set_weights([0.5 * random.normal(size=weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("cell", KERAS)
def test_two_directions_are_keras_bidirectional_on_the_same_weights(cell, inputs, random):
    theirs = keras.layers.Bidirectional(KERAS[cell](3, return_sequences=True))
    theirs.build(inputs.shape)
    _with_new_numbers(theirs, random)
    ours = RecurrentEncoder(3, cell=cell)
    ours.build(inputs.shape)
    ours.set_weights(theirs.get_weights())
    expected = np.array(theirs(inputs, mask=KEEP)) * KEEP[..., None]
    np.testing.assert_allclose(ours(inputs, mask=KEEP), expected, atol=1e-5)
    np.testing.assert_allclose(ours(inputs), theirs(inputs), atol=1e-5)
    assert not np.array(ours(inputs, mask=KEEP))[2].any(), "an empty row gives zeros"


@pytest.mark.parametrize("cell", KERAS)
def test_one_direction_is_keras_own_layer_on_the_same_weights(cell, inputs, random):
    theirs = KERAS[cell](3, return_sequences=True)
    theirs.build(inputs.shape)
    _with_new_numbers(theirs, random)
    ours = RecurrentEncoder(3, cell=cell, bidirectional=False)
    ours.build(inputs.shape)
    ours.set_weights(theirs.get_weights())
    expected = np.array(theirs(inputs, mask=KEEP)) * KEEP[..., None]
    np.testing.assert_allclose(ours(inputs, mask=KEEP), expected, atol=1e-5)


@pytest.mark.parametrize("cell", KERAS)
def test_a_step_of_one_direction_needs_nothing_behind_it(cell, inputs):
    make = functools.partial(RecurrentEncoder, 3, cell=cell, bidirectional=False)
    check_layer(make, {"inputs": inputs}, steps=by_prefixes, laws=["steps"])


@pytest.mark.parametrize("residual", [False, True])
def test_a_second_level_reads_the_first_and_adds_it_when_residual(residual, inputs, random):
    deep = RecurrentEncoder(3, cell="gru", num_layers=2, residual=residual)
    deep.build(inputs.shape)
    _with_new_numbers(deep, random)
    first, second = RecurrentEncoder(3, cell="gru"), RecurrentEncoder(3, cell="gru")
    first.build(inputs.shape)
    second.build((4, 5, 6))
    numbers = deep.get_weights()
    numbers = [number for number in numbers if number.dtype == "float32"]
    first.set_weights(numbers[: len(numbers) // 2])
    second.set_weights(numbers[len(numbers) // 2 :])
    below = first(inputs, mask=KEEP)
    above = second(below, mask=KEEP)
    expected = below + above if residual else above
    np.testing.assert_allclose(deep(inputs, mask=KEEP), expected, atol=1e-6)


def test_states_on_padding_are_exactly_zero(inputs):
    states = np.array(RecurrentEncoder(3, num_layers=2, residual=True)(inputs, mask=KEEP))
    assert not states[~KEEP].any() and states[KEEP].all()


def letter_of(function, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)


def test_an_unknown_cell_is_told_the_nearest():
    assert (
        letter_of(RecurrentEncoder, 3, cell="lsmt") == "Unknown cell. Expected 'lstm'. Received: cell='lsmt'"
    )


@pytest.mark.parametrize("name", ["units", "num_layers"])
def test_sizes_below_one_are_refused(name):
    sizes = {"units": 3, "num_layers": 1, name: 0}
    assert letter_of(RecurrentEncoder, **sizes) == f"{name} must be at least 1. Received: {name}=0"


def test_inputs_of_the_wrong_rank_are_told_their_shape(inputs):
    letter = letter_of(RecurrentEncoder(3), inputs[:, 0])
    assert letter.startswith(
        "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (4, 6)"
    )


def test_a_float_mask_is_refused(inputs):
    letter = letter_of(RecurrentEncoder(3), inputs, mask=KEEP.astype("float32"))
    assert "A mask is boolean, True = keep. Received: mask of dtype float32." in letter
