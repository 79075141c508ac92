"""Scores by NumPy loops."""

import numpy as np
from keras import ops

from keras_seq.ops import scores


def test_scaled_dot_is_the_dot_product_over_the_root_of_the_width(random):
    query, key = random.normal(size=(2, 3, 7)), random.normal(size=(2, 5, 7))
    found = np.array(scores.scaled_dot(ops.convert_to_tensor(query), ops.convert_to_tensor(key)))
    assert found.shape == (2, 3, 5)
    for b, t, s in np.ndindex(2, 3, 5):
        dot = sum(query[b, t, d] * key[b, s, d] for d in range(7))
        np.testing.assert_allclose(found[b, t, s], dot / np.sqrt(7))


def test_scaled_dot_does_not_overflow_where_the_plain_product_would():
    query = key = np.full((1, 1, 64), 40.0, "float16")
    with np.errstate(over="ignore"):
        assert np.isinf(query @ key.swapaxes(1, 2)).all()
    found = np.array(scores.scaled_dot(ops.convert_to_tensor(query), ops.convert_to_tensor(key)))
    np.testing.assert_allclose(found, 40.0 * 40.0 * 64 / 8)


def test_additive_is_v_times_the_tanh_of_the_sum(random):
    query, key, v = random.normal(size=(2, 3, 4)), random.normal(size=(2, 5, 4)), random.normal(size=4)
    found = np.array(scores.additive(*(ops.convert_to_tensor(each) for each in (query, key, v))))
    assert found.shape == (2, 3, 5)
    for b, t, s in np.ndindex(2, 3, 5):
        score = sum(v[u] * np.tanh(query[b, t, u] + key[b, s, u]) for u in range(4))
        np.testing.assert_allclose(found[b, t, s], score)
