import numpy as np
import pytest

from keras_seq.layers import AttentionPooling, OneHot

IDS = np.array([[3, 1, 7, -2, 0], [2, 4, 5, 0, 0]], "int32")


@pytest.mark.parametrize("other", [True, False])
def test_each_id_has_its_entry_and_what_is_unknown_has_the_entry_other(other):
    vectors = np.array(OneHot(5, other)(IDS))
    assert vectors.shape == (2, 5, 5)
    for b, row in enumerate(IDS):
        for t, i in enumerate(row):
            expected = np.zeros(5)
            if 0 < i < 5:
                expected[i] = 1
            elif i and other:
                expected[1] = 1
            np.testing.assert_array_equal(vectors[b, t], expected)


def test_padding_is_masked_and_the_mask_arrives():
    layer, pooling = OneHot(5), AttentionPooling()
    _, weights = pooling(layer(IDS), return_attention_scores=True)
    np.testing.assert_array_equal(np.array(weights) > 0, IDS != 0)


def test_a_depth_without_room_is_refused():
    with pytest.raises(ValueError, match="depth must be at least 2: padding and one id. Received: depth=1"):
        OneHot(1)
