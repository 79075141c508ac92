"""Masks by NumPy loops, and by what hypothesis thinks of."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_seq.ops import masking


def softmax_by_loops(scores, keep):
    """Row by row in float64, over the kept entries only."""
    weights = np.zeros(scores.shape)
    for row in np.ndindex(*scores.shape[:-1]):
        kept = [s for s in range(scores.shape[-1]) if keep[row][s]]
        if kept:
            highest = max(float(scores[row][s]) for s in kept)
            shares = [np.exp(float(scores[row][s]) - highest) for s in kept]
            for s, share in zip(kept, shares, strict=True):
                weights[row][s] = share / sum(shares)
    return weights


@st.composite
def scores_and_masks(draw):
    """Scores of any dtype and rank 1 to 4 with anything at all, inf and nan too, where the mask drops."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["float16", "bfloat16", "float32", "float64"]))
    scale = draw(st.sampled_from([0.1, 1.0, 100.0, 1e4]))
    keep = random.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.7, 1.0]))
    scores = scale * random.normal(size=shape)
    rubbish = draw(st.sampled_from([np.nan, np.inf, -np.inf, 6e4, -6e4]))
    return np.where(keep, scores, rubbish).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype), keep


@settings(max_examples=60)
@given(scores_and_masks())
def test_masked_softmax_is_the_softmax_of_what_is_kept(case):
    scores, keep = case
    weights = masking.masked_softmax(ops.convert_to_tensor(scores), ops.convert_to_tensor(keep))
    found = ops.convert_to_numpy(weights)
    assert found.dtype == ("float64" if scores.dtype == "float64" else "float32")
    assert not found[~keep].any(), "weights on padding are exactly 0"
    np.testing.assert_allclose(found, softmax_by_loops(scores.astype("float64"), keep), atol=1e-5)
    np.testing.assert_allclose(found.sum(-1), keep.any(-1).astype(float), atol=1e-5)


def test_masked_softmax_without_a_mask_keeps_all(random):
    scores = random.normal(size=(2, 3, 5))
    expected = softmax_by_loops(scores, np.ones((2, 3, 5), "bool"))
    np.testing.assert_allclose(masking.masked_softmax(ops.convert_to_tensor(scores)), expected, atol=1e-12)


def test_masked_softmax_over_another_axis(random):
    scores, keep = random.normal(size=(2, 3, 5)), random.random((2, 3, 5)) < 0.5
    found = masking.masked_softmax(ops.convert_to_tensor(scores), keep, axis=1)
    expected = softmax_by_loops(scores.swapaxes(1, 2), keep.swapaxes(1, 2)).swapaxes(1, 2)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_scores_that_overflowed_to_infinity_share_the_weight():
    scores = np.array([[np.inf, 1.0, np.inf]], "float16")
    for mask in (None, np.array([[True, True, True]])):
        np.testing.assert_allclose(masking.masked_softmax(scores, mask), [[0.5, 0.0, 0.5]])
    np.testing.assert_allclose(
        masking.masked_softmax(scores, np.array([[True, True, False]])), [[1.0, 0.0, 0.0]]
    )


def test_attention_mask_keeps_what_every_mask_keeps(random):
    query, value, key = (random.random(shape) < 0.6 for shape in ((2, 3), (2, 5), (2, 5)))
    mask = random.random((2, 3, 5)) < 0.6
    found = np.array(masking.attention_mask(query, value, key, mask))
    for b, t, s in np.ndindex(2, 3, 5):
        assert found[b, t, s] == (query[b, t] and value[b, s] and key[b, s] and mask[b, t, s])


def test_no_masks_make_no_mask():
    assert masking.attention_mask() is None


@pytest.mark.parametrize("name", ["query_mask", "value_mask", "key_mask", "mask"])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_a_mask_that_is_a_number_is_refused(name, dtype):
    with pytest.raises(ValueError, match="A mask is boolean, True = keep") as error:
        masking.attention_mask(**{name: np.ones((2, 3, 5) if name == "mask" else (2, 5), dtype)})
    argument = "attention_mask" if name == "mask" else name
    assert f"Received: {argument} of dtype {dtype}. Write {argument}={argument} > 0, say." in str(error.value)


@pytest.mark.parametrize(
    "function", ["last_step", "masked_max", "masked_mean", "masked_softmax", "zero_masked"]
)
def test_no_function_takes_a_number_for_a_mask(function):
    sequence = np.ones((2, 5, 6), "float32")
    with pytest.raises(ValueError, match="A mask is boolean, True = keep. Received: mask of dtype float32"):
        getattr(masking, function)(sequence, np.ones((2, 5), "float32"))


def test_sequence_lengths_counts_what_is_kept():
    keep = np.array([[True, True, False], [False, False, False], [True, True, True]])
    assert np.array(masking.sequence_lengths(keep)).tolist() == [2, 0, 3]


def test_zero_masked_puts_zeros_whatever_stood_there():
    sequence = np.array([[[1.0, 2.0], [np.nan, np.inf]]])
    found = masking.zero_masked(ops.convert_to_tensor(sequence), np.array([[True, False]]))
    assert np.array(found).tolist() == [[[1.0, 2.0], [0.0, 0.0]]]


KEEP = np.array([[True, True, True, False, False], [True] * 5, [False] * 5])


def reduced_by_loops(reduce, sequence, keep):
    rows = [
        [step for step, kept in zip(row, mask, strict=True) if kept]
        for row, mask in zip(sequence, keep, strict=True)
    ]
    return np.array([reduce(np.array(steps)) if steps else np.zeros(sequence.shape[-1]) for steps in rows])


@pytest.mark.parametrize(
    "function, reduce",
    [
        (masking.masked_mean, lambda steps: steps.mean(0)),
        (masking.masked_max, lambda steps: steps.max(0)),
        (masking.last_step, lambda steps: steps[-1]),
    ],
)
@pytest.mark.parametrize("rubbish", [0.0, 1e30, np.nan, np.inf])
def test_reductions_see_the_kept_steps_only(function, reduce, rubbish, random):
    sequence = random.normal(size=(3, 5, 6)) - 4.0  # all negative: a zero on padding would win the maximum
    dirty = np.where(KEEP[..., None], sequence, rubbish)
    np.testing.assert_allclose(
        function(ops.convert_to_tensor(dirty), KEEP), reduced_by_loops(reduce, sequence, KEEP), atol=1e-12
    )
    everything = np.ones((3, 5), "bool")
    expected = reduced_by_loops(reduce, sequence, everything)
    np.testing.assert_allclose(function(ops.convert_to_tensor(sequence)), expected, atol=1e-12)
    np.testing.assert_allclose(function(ops.convert_to_tensor(sequence), everything), expected, atol=1e-12)


def test_a_mean_in_half_precision_is_summed_in_full():
    sequence = np.full((1, 3000, 1), 100.0, "float16")  # the sum is 300,000; float16 ends at 65,504
    found = masking.masked_mean(ops.convert_to_tensor(sequence), np.ones((1, 3000), "bool"))
    assert np.array(found).tolist() == [[100.0]] and np.array(found).dtype == "float16"


@pytest.mark.parametrize("positions", [None, [4, 0, 2], [[4, 0, 2], [1, 7, 3]]])
def test_windows_and_causal_masks_keep_a_band_around_each_query(positions):
    where = np.broadcast_to(np.arange(3) if positions is None else np.array(positions), (2, 3))
    for before, after in ((1, 2), (0, 0), (2, None), (None, 1)):
        found = np.array(masking.window_mask(3, 5, before, after, positions))
        assert found.shape == ((2, 3, 5) if np.ndim(positions) == 2 else (3, 5))
        for b, t, s in np.ndindex(2, 3, 5):
            kept = (before is None or s >= where[b, t] - before) and (
                after is None or s <= where[b, t] + after
            )
            assert np.broadcast_to(found, (2, 3, 5))[b, t, s] == kept
    causal, relative = masking.causal_mask(3, 5, positions), masking.relative_positions(3, 5, positions)
    for b, t, s in np.ndindex(2, 3, 5):
        assert np.broadcast_to(causal, (2, 3, 5))[b, t, s] == (s <= where[b, t])
        assert np.broadcast_to(relative, (2, 3, 5))[b, t, s] == s - where[b, t]


def test_a_window_without_an_end_masks_nothing():
    assert masking.window_mask(3, 5) is None
    assert masking.combine() is None and masking.combine(None, None) is None


def test_positions_of_another_rank_are_refused():
    with pytest.raises(ValueError) as error:
        masking.causal_mask(3, 5, np.int32(4))
    assert str(error.value) == (
        "query_positions say where each query stands: shape (T,), or (B, T) where rows differ. "
        "Received: query_positions of shape ()"
    )


def test_number_kept_counts_along_the_last_axis_broadcast_or_not(random):
    keep = random.random((2, 3, 5)) < 0.5
    assert np.array_equal(masking.number_kept(keep, 5), keep.sum(-1))
    assert np.array(masking.number_kept(keep[:, :, :1], 5)).tolist() == (5 * keep[:, :, 0]).tolist()
    assert int(masking.number_kept(None, 5)) == 5
