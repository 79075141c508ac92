"""Normalizers by loops, by root finding and by what hypothesis thinks of; and how they are found by name."""

import json

import keras
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.optimize import brentq

from keras_seq.ops import normalizers
from keras_seq.ops.masking import masked_softmax
from tests.fresh_process import fresh_process


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


def relu_by_loops(scores):
    return [max(score, 0.0) / len(scores) for score in scores]


def sparsemax_by_root_finding(scores):
    """The projection onto the simplex: scores lowered by one number, so that what is above 0 sums to 1."""
    threshold = brentq(
        lambda each: sum(max(score - each, 0.0) for score in scores) - 1.0,
        max(scores) - 2.0, max(scores), xtol=1e-15,
    )  # fmt: skip
    return [max(score - threshold, 0.0) for score in scores]


BY_LOOPS = {"relu": relu_by_loops, "sparsemax": sparsemax_by_root_finding}


@st.composite
def scores_and_masks(draw):
    """Scores of any dtype and rank 1 to 3 with anything at all, inf and nan too, where the mask drops."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["float16", "bfloat16", "float32", "float64"]))
    scale = draw(st.sampled_from([0.1, 1.0, 100.0]))
    keep = random.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.7, 1.0]))
    scores = scale * np.round(random.normal(size=shape), draw(st.sampled_from([0, 2])))  # some are equal
    rubbish = draw(st.sampled_from([np.nan, np.inf, -np.inf, 6e4]))
    return np.where(keep, scores, rubbish).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype), keep


@pytest.mark.parametrize("name", BY_LOOPS)
@settings(max_examples=40)
@given(case=scores_and_masks())
def test_masked_normalizers_are_their_formulas_over_what_is_kept(name, case):
    scores, keep = case
    weights = normalizers.get(name)(ops.convert_to_tensor(scores), ops.convert_to_tensor(keep))
    found = ops.convert_to_numpy(weights)
    assert found.dtype == ("float64" if scores.dtype == "float64" else "float32")
    assert not found[~keep].any(), "weights on padding are exactly 0"
    for row in np.ndindex(*scores.shape[:-1]):
        kept = np.flatnonzero(keep[row])
        expected = BY_LOOPS[name]([float(scores[row][s]) for s in kept]) if len(kept) else []
        np.testing.assert_allclose(found[row][kept], expected, rtol=1e-6, atol=3e-5)


@pytest.mark.parametrize("name", BY_LOOPS)
def test_without_a_mask_all_are_kept(name, random):
    scores = 3 * random.normal(size=(2, 3, 5))
    found = np.array(normalizers.get(name)(ops.convert_to_tensor(scores)))
    for row in np.ndindex(2, 3):
        np.testing.assert_allclose(found[row], BY_LOOPS[name](list(scores[row])), atol=1e-12)
    everything = np.ones((2, 3, 5), "bool")
    np.testing.assert_allclose(normalizers.get(name)(ops.convert_to_tensor(scores), everything), found)


@pytest.mark.parametrize("name", ["softmax", "relu", "sparsemax"])
def test_a_mask_of_whole_queries_counts_all_their_keys(name, random):
    scores = random.normal(size=(2, 3, 5))
    keep = np.array([[True, False, True], [False, True, True]])[:, :, None]  # broadcasts over the keys
    function = normalizers.get(name)
    spread = np.broadcast_to(keep, scores.shape)
    np.testing.assert_array_equal(function(scores, keep), function(scores, spread))


def test_sparsemax_of_a_large_row_is_the_projection(random):
    scores = random.normal(size=3000) * 0.01
    found = np.array(normalizers.sparsemax(ops.convert_to_tensor(scores)))
    np.testing.assert_allclose(found, sparsemax_by_root_finding(list(scores)), atol=1e-12)
    assert 10 < np.count_nonzero(found) < 3000


def test_sparsemax_shares_evenly_among_equals_and_takes_scores_that_overflowed():
    np.testing.assert_allclose(normalizers.sparsemax(np.zeros((1, 4), "float32")), [[0.25] * 4])
    found = normalizers.sparsemax(np.array([[np.inf, 1.0, np.inf, -np.inf]], "float16"))
    np.testing.assert_allclose(found, [[0.5, 0.0, 0.5, 0.0]])


def sparsemax_slopes(weights, pull):
    """pull · dweights/dscores: the pull less its mean over the support, 0 outside (Martins 2016, 2.5)."""
    support = weights > 0
    return np.where(support, pull - pull[support].mean(), 0.0) if support.any() else np.zeros_like(pull)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_gradient_of_sparsemax_is_the_pull_less_its_mean_over_the_support(jit_compile, random):
    import tensorflow as tf

    scores, pull = random.normal(size=(6, 7)), random.normal(size=(6, 7))
    keep = random.random((6, 7)) < 0.7
    keep[2] = False

    @tf.function(jit_compile=jit_compile)
    def weights_and_gradient(scores):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            weights = normalizers.sparsemax(scores, ops.convert_to_tensor(keep))
            total = ops.sum(weights * pull)
        return weights, tape.gradient(total, scores)

    weights, gradient = (each.numpy() for each in weights_and_gradient(tf.constant(scores)))
    assert {np.count_nonzero(row) for row in weights} > {0, 2}, "supports of several sizes"
    for row in range(6):
        np.testing.assert_allclose(gradient[row], sparsemax_slopes(weights[row], pull[row]), atol=1e-12)


_ON_JAX = """
import json, sys
import jax
import numpy as np
from keras_seq.ops import normalizers
scores, pull, keep = (np.array(each) for each in json.load(sys.stdin))
scores = scores.astype('float32')
weigh = lambda scores: normalizers.sparsemax(scores, keep)
gradient = jax.grad(lambda scores: (weigh(scores) * pull).sum())(scores)
json.dump([np.array(weigh(scores)).tolist(), np.array(gradient).tolist()], sys.stdout)
"""


def test_sparsemax_has_the_same_weights_and_gradient_on_jax(random):
    scores, pull = random.normal(size=(4, 6)), random.normal(size=(4, 6))
    keep = random.random((4, 6)) < 0.7
    arrays = json.dumps([each.tolist() for each in (scores, pull, keep)])
    weights, gradient = map(np.array, json.loads(fresh_process(_ON_JAX, backend="jax", input=arrays)))
    expected = np.array(normalizers.sparsemax(ops.convert_to_tensor(scores), keep))
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    for row in range(4):
        np.testing.assert_allclose(gradient[row], sparsemax_slopes(weights[row], pull[row]), atol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "relu", "sparsemax"])
def test_a_number_is_no_mask(name):
    with pytest.raises(ValueError, match="A mask is boolean, True = keep"):
        normalizers.get(name)(np.ones((2, 5), "float32"), np.ones((2, 5), "float32"))
