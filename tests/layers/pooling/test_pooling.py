"""Pooling by loops over the kept steps."""

import keras
import numpy as np
import pytest

from keras_seq.layers import AttentionPooling, LastPooling, MaxPooling, MeanPooling, RecurrentEncoder

KEEP = np.array([[True, True, True, False, False], [True] * 5, [False] * 5])


@pytest.fixture
def inputs(random):
    return (
        random.normal(size=(3, 5, 6)).astype("float32") - 4.0
    )  # negative: a zero on padding would win a maximum


def by_loops(reduce, inputs):
    return [reduce(row[keep]) if keep.any() else np.zeros(6) for row, keep in zip(inputs, KEEP, strict=True)]


@pytest.mark.parametrize(
    "layer, reduce",
    [
        (MeanPooling, lambda steps: steps.mean(0)),
        (MaxPooling, lambda steps: steps.max(0)),
        (LastPooling, lambda steps: steps[-1]),
        (
            lambda: LastPooling(bidirectional=True),
            lambda steps: np.concatenate([steps[-1, :3], steps[0, 3:]]),
        ),
    ],
)
def test_pooling_sees_the_kept_steps_only(layer, reduce, inputs):
    np.testing.assert_allclose(layer()(inputs, mask=KEEP), by_loops(reduce, inputs), atol=1e-6)
    np.testing.assert_allclose(layer()(inputs), [reduce(row) for row in inputs], atol=1e-6)


def test_the_last_step_is_one_step_also_where_padding_stands_on_the_left_or_between(inputs):
    keep = np.array([[False, False, True, True, True], [True, False, True, True, False], [False] * 5])
    last, ends = LastPooling()(inputs, mask=keep), LastPooling(bidirectional=True)(inputs, mask=keep)
    np.testing.assert_array_equal(last, [inputs[0, 4], inputs[1, 3], np.zeros(6)])
    np.testing.assert_array_equal(np.array(ends)[:, :3], np.array(last)[:, :3])
    np.testing.assert_array_equal(np.array(ends)[:, 3:], [inputs[0, 2, 3:], inputs[1, 0, 3:], np.zeros(3)])


def test_the_last_of_two_directions_is_where_keras_bidirectional_ends(inputs):
    keras_layer = keras.layers.Bidirectional(keras.layers.GRU(3))
    keras_layer.build(inputs.shape)
    encoder = RecurrentEncoder(3, cell="gru")
    encoder.build(inputs.shape)
    encoder.set_weights(keras_layer.get_weights())
    rows = [0, 1]  # Keras has its own idea of an empty row
    expected = keras_layer(inputs[rows], mask=KEEP[rows])
    found = LastPooling(bidirectional=True)(encoder(inputs, mask=KEEP), mask=KEEP)
    np.testing.assert_allclose(np.array(found)[rows], expected, atol=1e-5)


@pytest.mark.parametrize("layer", [AttentionPooling, LastPooling, MaxPooling, MeanPooling])
def test_pooling_tells_a_wrong_rank_and_a_float_mask(layer, inputs):
    with pytest.raises(
        ValueError, match=r"rank 3: \(batch, length, width\). Received: inputs of shape \(3, 6\)"
    ):
        layer()(inputs[:, 0])
    with pytest.raises(ValueError, match="A mask is boolean, True = keep. Received: .*mask of dtype float32"):
        layer()(inputs, mask=KEEP.astype("float32"))
