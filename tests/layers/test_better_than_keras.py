"""Defects of Keras' own layers: each test shows Keras' layer fail and ours pass.

A test that fails because Keras' layer has become right is good news: take the note out of our docstring.
"""

import keras
import numpy as np
import pytest

from keras_seq.layers import AdditiveAttention, DotProductAttention, MaxPooling, MeanPooling, RecurrentEncoder


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
