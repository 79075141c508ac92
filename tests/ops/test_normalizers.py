"""Normalizers are found by name, and a name that does not exist is answered."""

import keras
import numpy as np
import pytest

from keras_seq.ops import normalizers
from keras_seq.ops.masking import masked_softmax


@keras.saving.register_keras_serializable("tests")
def halves(scores, mask=None):
    """Not a good normalizer, but one of somebody's own."""
    return keras.ops.ones_like(scores) / 2


def test_softmax_is_the_masked_softmax():
    assert normalizers.get("softmax") is masked_softmax
    assert normalizers.serialize(masked_softmax) == "softmax"


def test_a_function_is_taken_as_it_is_and_found_again_from_what_was_saved():
    assert normalizers.get(halves) is halves
    assert normalizers.get(normalizers.serialize(halves)) is halves


def test_an_unknown_name_is_told_the_nearest_that_exist():
    with pytest.raises(ValueError) as error:
        normalizers.get("sofmax")
    assert str(error.value) == (
        "Unknown normalizer. Expected 'softmax', or a function (scores, mask) -> weights. "
        "Received: normalizer='sofmax'"
    )


def test_what_is_no_name_at_all_is_told_too():
    with pytest.raises(ValueError, match=r"Unknown normalizer. Expected .* Received: normalizer=\[3\]"):
        normalizers.get([3])


def test_weights_of_a_row_sum_to_one(random):
    weights = normalizers.softmax(random.normal(size=(2, 3, 5)))
    np.testing.assert_allclose(np.array(weights).sum(-1), np.ones((2, 3)), atol=1e-6)
