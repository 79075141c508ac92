"""Words become unknown in training, as often as was asked, and padding never does."""

import numpy as np
import pytest

from keras_seq.layers import WordDropout


def test_about_the_asked_fraction_of_words_becomes_unknown_and_no_padding():
    ids = np.tile(np.array([[5, 7, 9, 0]], "int32"), (2000, 1))
    found = np.array(WordDropout(0.3, unknown_id=1, seed=2)(ids, training=True))
    assert found.dtype == "int32"
    assert not found[:, 3].any()
    words, dropped = ids[:, :3], found[:, :3] == 1
    np.testing.assert_array_equal(found[:, :3][~dropped], words[~dropped])
    assert abs(dropped.mean() - 0.3) < 0.03  # 6000 draws: 5 standard deviations


def test_nothing_happens_at_inference_or_at_rate_zero():
    ids = np.array([[5, 7, 0]], "int32")
    np.testing.assert_array_equal(WordDropout(0.9)(ids), ids)
    np.testing.assert_array_equal(WordDropout(0.0)(ids, training=True), ids)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_that_is_no_fraction_is_refused(rate):
    with pytest.raises(ValueError) as error:
        WordDropout(rate)
    assert str(error.value) == f"rate is a fraction, at least 0 and below 1. Received: rate={rate}"


def test_a_row_of_ids_becomes_unknown_as_a_whole_and_its_zeros_stay():
    rows = np.tile(np.array([[[5, 7, 0], [6, 8, 9], [0, 0, 0]]], "int32"), (2000, 1, 1))
    found = np.array(WordDropout(0.3, seed=2)(rows, training=True))
    dropped = found[..., 0] == 1
    np.testing.assert_array_equal(found[~dropped], rows[~dropped])
    np.testing.assert_array_equal(found[dropped], np.minimum(rows[dropped], 1))
    assert not dropped[:, 2].any() and abs(dropped[:, :2].mean() - 0.3) < 0.035
