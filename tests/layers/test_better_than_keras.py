"""Defects of Keras' own layers: each test shows Keras' layer fail and ours pass.

A test that fails because Keras' layer has become right is good news: take the note out of our docstring.
"""

import keras
import numpy as np
import pytest

from keras_seq.layers import (
    AdditiveAttention,
    DotProductAttention,
    MaskedAveragePooling1D,
    MaskedConv1D,
    MaskedMaxPooling1D,
    MaxPooling,
    MeanPooling,
    RecurrentEncoder,
)


def test_additive_attention_takes_any_widths(random):
    query, value = random.normal(size=(2, 3, 7)), random.normal(size=(2, 5, 6))
    with pytest.raises(Exception, match="[Ii]ncompatible|[Bb]roadcast|[Dd]imensions"):
        keras.layers.AdditiveAttention()([query, value])
    assert AdditiveAttention(units=4)(query, value).shape == (2, 3, 6)


def test_additive_attention_projects_query_and_key():
    def count(layer, call):
        call(layer)
        return len(layer.trainable_weights)

    sequence = np.ones((2, 5, 6), "float32")
    assert count(keras.layers.AdditiveAttention(), lambda layer: layer([sequence, sequence])) == 1
    assert count(AdditiveAttention(), lambda layer: layer(sequence, sequence)) == 3


def test_a_row_with_all_keys_masked_gives_zeros_and_no_weight_on_padding(random):
    query, value = (random.normal(size=shape).astype("float32") for shape in ((2, 3, 7), (2, 5, 7)))
    keep = np.array([[False] * 5, [True] * 5])
    _, theirs = keras.layers.Attention()([query, value], mask=[None, keep], return_attention_scores=True)
    np.testing.assert_allclose(np.array(theirs)[0], 0.2, atol=1e-6)  # evenly over padding
    context, ours = DotProductAttention()(query, value, value_mask=keep, return_attention_scores=True)
    assert not np.array(ours)[0].any() and not np.array(context)[0].any()


def test_half_precision_gives_numbers_where_a_dot_product_overflows(random):
    query = (100 * random.normal(size=(2, 3, 64))).astype("float16")
    value = (100 * random.normal(size=(2, 5, 64))).astype("float16")
    theirs = keras.layers.Attention(dtype="mixed_float16")([query, value])
    assert np.isnan(np.array(theirs)).any()
    ours = DotProductAttention(dtype="mixed_float16")(query, value)
    assert np.isfinite(np.array(ours)).all()


def test_a_maximum_is_taken_over_kept_steps_only():
    inputs = np.array([[[-2.0], [-4.0], [0.0]]], "float32")  # the zero is padding
    masked = keras.layers.Masking()(inputs)
    with pytest.warns(UserWarning, match="does not support mask"):
        theirs = keras.layers.GlobalMaxPooling1D()(masked)
    assert np.array(theirs).tolist() == [[0.0]]
    assert np.array(MaxPooling()(masked)).tolist() == [[-2.0]]


def test_a_mean_over_nothing_is_zero_and_not_nan():
    inputs, keep = np.ones((1, 3, 2), "float32"), np.zeros((1, 3), "bool")
    assert np.isnan(np.array(keras.layers.GlobalAveragePooling1D()(inputs, mask=keep))).all()
    assert np.array(MeanPooling()(inputs, mask=keep)).tolist() == [[0.0, 0.0]]


def test_the_mask_arrives_behind_convolution_and_pooling_in_windows():
    """And so padding, which holds the bias behind the first convolution, is not read by the second."""
    ids = np.array([[3, 1, 2, 0, 0, 0]])

    def ends(convolution, pooling):
        keras.utils.set_random_seed(0)
        return keras.Sequential(
            [
                keras.layers.Embedding(5, 4, mask_zero=True),
                convolution(3, 3, padding="same", bias_initializer="ones"),
                pooling(2, padding="same"),
                convolution(3, 3, padding="same"),
                keras.layers.LSTM(2),
            ]
        )

    theirs = ends(keras.layers.Conv1D, keras.layers.MaxPooling1D)
    with pytest.warns(UserWarning, match="does not support mask"):
        longer = theirs(ids)
    with pytest.warns(UserWarning, match="does not support mask"):
        assert np.abs(np.array(longer) - theirs(ids[:, :4])).max() > 1e-3
    ours = ends(MaskedConv1D, MaskedMaxPooling1D)
    np.testing.assert_allclose(ours(ids), ours(ids[:, :4]), atol=1e-6)


def test_windows_pool_kept_steps_only():
    inputs = np.array([[[-2.0], [-4.0], [-3.0], [0.0]]], "float32")  # the zero is padding
    keep = np.array([[True, True, True, False]])
    for theirs, ours, wrong, right in (
        (keras.layers.MaxPooling1D, MaskedMaxPooling1D, [-2.0, 0.0], [-2.0, -3.0]),
        (keras.layers.AveragePooling1D, MaskedAveragePooling1D, [-3.0, -1.5], [-3.0, -3.0]),
    ):
        assert np.array(theirs(2)(inputs)).ravel().tolist() == wrong
        assert np.array(ours(2)(inputs, mask=keep)).ravel().tolist() == right


def test_windows_in_strides_stand_where_they_stood_whatever_the_length_of_the_batch(random):
    inputs = random.normal(size=(1, 8, 4)).astype("float32")
    keep = np.arange(8) < 5

    def first(layer, length):
        mask = {"mask": keep[None, :length]} if isinstance(layer, MaskedConv1D) else {}
        return np.array(layer(inputs[:, :length] * keep[:length, None], **mask))[:, :3]

    theirs, ours = (make(2, 3, strides=2, padding="same") for make in (keras.layers.Conv1D, MaskedConv1D))
    for layer in (theirs, ours):
        layer.build((None, None, 4))
    assert np.abs(first(theirs, 5) - first(theirs, 6)).max() > 1e-3
    for length in (6, 7, 8):
        np.testing.assert_allclose(first(ours, length), first(ours, 5), atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the defect is on the TensorFlow backend")
def test_unrolled_two_directions_read_the_kept_steps_only(random):
    """Keras' unrolled Bidirectional puts an unreversed mask on the reversed direction."""
    inputs = random.normal(size=(2, 5, 6)).astype("float32")
    keep = np.array([[True, True, True, False, False], [True] * 5])
    right = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    right.build(inputs.shape)
    unrolled = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True, unroll=True))
    unrolled.build(inputs.shape)
    ours = RecurrentEncoder(3)
    ours.build(inputs.shape)
    for layer in (unrolled, ours):
        layer.set_weights(right.get_weights())
    expected = np.array(right(inputs, mask=keep))
    assert np.abs(np.array(unrolled(inputs, mask=keep)) - expected)[keep].max() > 1e-3
    np.testing.assert_allclose(np.array(ours(inputs, mask=keep))[keep], expected[keep], atol=1e-5)


def test_a_wholly_padded_row_is_as_safe_in_the_encoder_as_any():
    """cuDNN's LSTM and GRU raise on one (GPU); our loop takes no mask, so that nothing can."""
    inputs, keep = np.ones((2, 5, 6), "float32"), np.array([[True] * 5, [False] * 5])
    for cell in ("lstm", "gru", "simple"):
        states = np.array(RecurrentEncoder(3, cell=cell)(inputs, mask=keep))
        assert np.isfinite(states).all() and not states[1].any()
