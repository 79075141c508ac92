"""Scores by NumPy loops."""

import numpy as np
import pytest
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


def tensors(random, *shapes):
    arrays = [random.normal(size=shape) for shape in shapes]
    return arrays, [ops.convert_to_tensor(array) for array in arrays]


def test_dot_is_the_dot_product(random):
    (query, key), given = tensors(random, (2, 3, 7), (2, 5, 7))
    found = np.array(scores.dot(*given))
    for b, t, s in np.ndindex(2, 3, 5):
        np.testing.assert_allclose(found[b, t, s], sum(query[b, t, d] * key[b, s, d] for d in range(7)))


def test_general_has_a_matrix_between_query_and_key(random):
    (query, key, kernel), given = tensors(random, (2, 3, 7), (2, 5, 4), (7, 4))
    found = np.array(scores.general(*given))
    for b, t, s in np.ndindex(2, 3, 5):
        score = sum(query[b, t, i] * kernel[i, j] * key[b, s, j] for i in range(7) for j in range(4))
        np.testing.assert_allclose(found[b, t, s], score)


def test_concat_lays_query_and_key_end_to_end(random):
    (query, key, kernel, v), given = tensors(random, (2, 3, 7), (2, 5, 4), (11, 6), (6,))
    found = np.array(scores.concat(*given))
    for b, t, s in np.ndindex(2, 3, 5):
        pair = [*query[b, t], *key[b, s]]
        hidden = [np.tanh(sum(x * kernel[i, u] for i, x in enumerate(pair))) for u in range(6)]
        np.testing.assert_allclose(found[b, t, s], sum(v[u] * hidden[u] for u in range(6)))


def test_location_reads_the_query_alone_and_gives_no_weight_where_it_knows_no_position(random):
    (query, kernel), given = tensors(random, (2, 3, 7), (7, 4))
    for length in (2, 4, 6):
        found = np.array(scores.location(*given, length))
        assert found.shape == (2, 3, length)
        for b, t, s in np.ndindex(2, 3, length):
            known = sum(query[b, t, d] * kernel[d, s] for d in range(7)) if s < 4 else np.finfo("float64").min
            np.testing.assert_allclose(found[b, t, s], known)


def test_cosine_is_the_cosine_of_the_angle(random):
    (query, key), given = tensors(random, (2, 3, 7), (2, 5, 7))
    found = np.array(scores.cosine(*given))
    for b, t, s in np.ndindex(2, 3, 5):
        q, k = query[b, t], key[b, s]
        np.testing.assert_allclose(found[b, t, s], q @ k / (np.linalg.norm(q) * np.linalg.norm(k)))


@pytest.mark.parametrize("dtype, sizes", [("float16", (1e-4, 1e4)), ("float32", (1e-30, 1e30))])
def test_cosine_is_the_same_however_long_the_vectors_are(dtype, sizes, random):
    (query, key), _ = tensors(random, (1, 3, 7), (1, 5, 7))
    expected = np.array(scores.cosine(ops.convert_to_tensor(query), ops.convert_to_tensor(key)))
    for size in sizes:
        found = scores.cosine(*(ops.convert_to_tensor((size * each).astype(dtype)) for each in (query, key)))
        np.testing.assert_allclose(found, expected, atol=2e-2 if dtype == "float16" else 1e-5)


def test_cosine_with_a_vector_of_zeros_is_0_and_its_gradient_0_and_others_are_as_before(random):
    import tensorflow as tf

    query, key = random.normal(size=(1, 3, 7)), random.normal(size=(1, 5, 7))
    query[0, 1] = key[0, 2] = 0.0
    query, key = tf.constant(query), tf.constant(key)
    with tf.GradientTape() as tape:
        tape.watch([query, key])
        found = scores.cosine(query, key)
    assert not found[0, 1].numpy().any() and not found[0, :, 2].numpy().any()
    by_query, by_key = (gradient.numpy() for gradient in tape.gradient(found, [query, key]))
    assert np.isfinite(by_query).all() and np.isfinite(by_key).all()
    assert not by_query[0, 1].any() and not by_key[0, 2].any()
    assert by_query[0, 0].any() and by_key[0, 1].any()
