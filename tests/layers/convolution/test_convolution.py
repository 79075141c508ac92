"""Masked convolution and pooling by NumPy loops over the kept steps, and by Keras' layers."""

import keras
import numpy as np
import pytest

from keras_seq.layers import MaskedAveragePooling1D, MaskedConv1D, MaskedMaxPooling1D
from keras_seq.ops import convolution
from tests.layers.letters import letter_of

LENGTHS = (5, 3, 1, 0)
KEEP = np.arange(7) < np.array(LENGTHS)[:, None]
BATCH = len(LENGTHS)


@pytest.fixture
def inputs(random):
    return random.normal(size=(BATCH, 7, 5)).astype("float32")


def windows_by_loops(length, span, strides, padding):
    """Of a row of `length` steps and nothing else: for each window the number of its first step."""
    if padding == "valid":
        return [first for first in range(0, length, strides) if first + span <= length]
    left = span - 1 if padding == "causal" else max(span - strides, 0) // 2
    return [block - left for block in range(0, length, strides)]


def convolved_by_loops(row, kernel, bias, strides, padding, dilation):
    span = (len(kernel) - 1) * dilation + 1
    outputs = []
    for first in windows_by_loops(len(row), span, strides, padding):
        output = bias.astype("float64").copy()
        for i, tap in enumerate(kernel):
            t = first + i * dilation
            if 0 <= t < len(row):
                for d in range(row.shape[1]):
                    output += row[t, d] * tap[d]
        outputs.append(np.tanh(output))
    return outputs


def expect_rows(outputs, mask, expected):
    """Each row begins with what was expected of it alone, all of it kept; zeros follow, none of them kept."""
    for got, kept, row in zip(np.array(outputs), np.array(mask), expected, strict=True):
        assert kept.tolist() == [n < len(row) for n in range(len(kept))]
        assert not got[len(row) :].any()
        if len(row):
            np.testing.assert_allclose(got[: len(row)], row, atol=1e-5)


GEOMETRIES = [
    (size, strides, padding, dilation)
    for size in (1, 3, 4)
    for strides, dilation in ((1, 1), (2, 1), (3, 1), (1, 2))
    for padding in ("same", "causal", "valid")
    if (size - 1) * dilation < 6
]


@pytest.mark.parametrize("size, strides, padding, dilation", GEOMETRIES)
def test_a_convolution_gives_each_row_what_it_gives_alone(inputs, random, size, strides, padding, dilation):
    layer = MaskedConv1D(3, size, strides, padding, dilation, "tanh")
    layer.build(inputs.shape)
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])
    expected = [
        convolved_by_loops(row[:length], *layer.get_weights(), strides, padding, dilation)
        for row, length in zip(inputs, LENGTHS, strict=True)
    ]
    outputs, mask = layer(inputs, mask=KEEP), layer.compute_mask(inputs, KEEP)
    assert outputs.shape == layer.compute_output_shape(inputs.shape) and outputs.shape[:2] == mask.shape
    expect_rows(outputs, mask, expected)


@pytest.mark.parametrize("size, strides, padding, dilation", GEOMETRIES)
def test_a_convolution_without_a_mask_is_kerass(inputs, random, size, strides, padding, dilation):
    arguments = {"strides": strides, "padding": padding, "dilation_rate": dilation, "activation": "relu"}
    theirs, ours = keras.layers.Conv1D(3, size, **arguments), MaskedConv1D(3, size, **arguments)
    inputs = inputs[:, :6]  # a multiple of all strides: elsewhere Keras' "same" windows move
    theirs.build(inputs.shape)
    theirs.set_weights([random.normal(size=weight.shape) for weight in theirs.get_weights()])
    ours.build(inputs.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(inputs), theirs(inputs), atol=1e-5)


POOLINGS = {
    "max": (MaskedMaxPooling1D, keras.layers.MaxPooling1D, np.max),
    "mean": (MaskedAveragePooling1D, keras.layers.AveragePooling1D, np.mean),
}
POOL_GEOMETRIES = [
    (size, strides, padding)
    for size in (1, 2, 3)
    for strides in (None, 1, 2, 3)
    for padding in ("same", "valid")
]


@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize("size, strides, padding", POOL_GEOMETRIES)
def test_pooling_gives_each_row_what_it_gives_alone(inputs, kind, size, strides, padding):
    ours, _, pooled = POOLINGS[kind]
    expected = []
    for row, length in zip(inputs - 2, LENGTHS, strict=True):  # mostly negative: a zero would be the maximum
        firsts = windows_by_loops(length, size, strides or size, padding)
        expected.append([pooled(row[max(first, 0) : min(first + size, length)], axis=0) for first in firsts])
    layer = ours(size, strides, padding)
    outputs, mask = layer(inputs - 2, mask=KEEP), layer.compute_mask(inputs, KEEP)
    assert outputs.shape == layer.compute_output_shape(inputs.shape) and outputs.shape[:2] == mask.shape
    expect_rows(outputs, mask, expected)


@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize("size, strides, padding", POOL_GEOMETRIES)
def test_pooling_without_a_mask_is_kerass(inputs, kind, size, strides, padding):
    ours, theirs, _ = POOLINGS[kind]
    inputs = inputs[:, :6]  # as above
    np.testing.assert_allclose(
        ours(size, strides, padding)(inputs), theirs(size, strides, padding)(inputs), atol=1e-6
    )


def test_pooling_with_a_gap_in_the_mask_reads_what_is_kept():
    inputs = np.array([[[2.0], [9.0], [4.0], [5.0]]], "float32")
    keep = np.array([[True, False, True, True]])
    for layer, expected in ((MaskedMaxPooling1D(2), [2.0, 5.0]), (MaskedAveragePooling1D(2), [2.0, 4.5])):
        assert np.array(layer(inputs, mask=keep)).ravel().tolist() == expected


def test_what_stands_on_padding_never_enters_even_as_nan(inputs):
    broken = np.where(KEEP[:, :, None], inputs, np.nan)
    for layer in (MaskedConv1D(3, 3), MaskedMaxPooling1D(3, 2), MaskedAveragePooling1D(3, 2)):
        np.testing.assert_array_equal(layer(broken, mask=KEEP), layer(inputs, mask=KEEP))


def test_the_mask_goes_through_a_stack_and_padding_changes_nothing(inputs):
    """Embedding, convolution in strides, pooling, convolution: all a text model needs."""
    model = keras.Sequential(
        [
            keras.layers.Embedding(9, 5, mask_zero=True),
            MaskedConv1D(3, 3, strides=2, bias_initializer="ones"),
            MaskedMaxPooling1D(2),
            MaskedConv1D(3, 2, bias_initializer="ones"),
            keras.layers.LSTM(3),
        ]
    )
    ids = np.array([[5, 3, 8, 1, 2, 6, 7]])
    alone = np.array(model(ids))
    for extra in range(1, 5):
        np.testing.assert_allclose(model(np.pad(ids, ((0, 0), (0, extra)))), alone, atol=1e-6)


@pytest.mark.parametrize("name", ["filters", "kernel_size", "strides", "dilation_rate"])
def test_sizes_below_one_are_refused_by_name(name):
    arguments = {"filters": 4, "kernel_size": 3, name: 0}
    assert letter_of(MaskedConv1D, **arguments) == f"{name} must be at least 1. Received: {name}=0"


def test_pools_below_one_are_refused_by_name():
    assert letter_of(MaskedMaxPooling1D, 0) == "pool_size must be at least 1. Received: pool_size=0"
    assert letter_of(MaskedMaxPooling1D, 2, 0) == "strides must be at least 1. Received: strides=0"


def test_an_unknown_padding_is_told_the_nearest_that_exist():
    letter = letter_of(MaskedConv1D, 3, 3, padding="casual")
    assert letter == "Unknown padding. Expected 'causal'. Received: padding='casual'"
    letter = letter_of(MaskedAveragePooling1D, padding="causal")
    assert letter == "Unknown padding. Expected 'same' or 'valid'. Received: padding='causal'"


def test_strides_and_dilation_together_are_refused():
    assert letter_of(MaskedConv1D, 3, 3, strides=2, dilation_rate=3) == (
        "Strides and dilation do not go together: one of them must be 1. Received: strides=2, dilation_rate=3"
    )


@pytest.mark.parametrize("layer", [MaskedConv1D(3, 3), MaskedMaxPooling1D()])
def test_inputs_of_the_wrong_rank_are_told_their_shape(inputs, layer):
    letter = letter_of(layer, inputs[0])
    assert letter.startswith(
        "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (7, 5)"
    )


@pytest.mark.parametrize(
    "layer", [MaskedConv1D(3, 4, padding="valid", dilation_rate=2), MaskedMaxPooling1D(7, 1, "valid")]
)
def test_a_whole_window_that_does_not_fit_is_told_so(inputs, layer):
    letter = (
        'A window of 7 steps does not fit into a sequence of 6. Received: padding="valid", length=6. '
        'Use padding="same", or a smaller window.'
    )
    assert letter in letter_of(layer, inputs[:, :6])
    assert letter in letter_of(layer.compute_output_shape, (4, 6, 5))


@pytest.mark.parametrize("layer", [MaskedConv1D(3, 3), MaskedMaxPooling1D(), MaskedAveragePooling1D()])
def test_a_float_mask_is_refused(inputs, layer):
    assert "A mask is boolean, True = keep. Received: mask of dtype float32" in letter_of(
        layer, inputs, mask=KEEP.astype("float32")
    )


def test_the_number_of_windows_of_an_unknown_length_is_unknown():
    assert convolution.count(None, 3, 2, "valid") is None
