"""Hard selection: what it draws, how often, and what it may never draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.stats import chisquare

from keras_seq.layers import Attention, HardAttention
from keras_seq.layers.attention import selections
from keras_seq.layers.attention.selections import HardSelection, SoftSelection


def test_soft_selection_takes_the_weights_as_they_are(random):
    weights = random.random((2, 3, 5)).astype("float32")
    np.testing.assert_array_equal(SoftSelection()(weights, training=True), weights)


def test_at_inference_the_heaviest_is_chosen_and_of_equals_the_first():
    weights = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [0.0, 0.0, 0.0], [0.0, 1e-30, 0.0]], "float32")
    chosen = HardSelection()(weights)
    np.testing.assert_array_equal(chosen, [[0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(
    "weights",
    [[0.1, 0.2, 0.3, 0.4], [0.7, 0.0, 0.29, 0.01], [2.0, 6.0, 0.0, 1.0]],
    ids=["all kept", "one dropped", "not summing to 1"],
)
def test_in_training_each_is_drawn_as_often_as_it_weighs(weights):
    draws = 40_000
    rows = np.tile(np.array(weights, "float32"), (draws, 1))
    chosen = np.array(HardSelection(seed=5)(rows, training=True))
    np.testing.assert_array_equal(chosen.sum(-1), np.ones(draws))
    counts, expected = chosen.sum(0), draws * np.array(weights) / sum(weights)
    kept = expected > 0
    assert not counts[~kept].any(), "a weight of 0 is never drawn"
    assert chisquare(counts[kept], expected[kept]).pvalue > 0.01


def test_draws_of_rows_and_of_calls_know_nothing_of_each_other():
    draws = 20_000
    selection = HardSelection(seed=5)
    rows = np.full((draws, 2), 0.5, "float32")
    first, second = (np.array(selection(rows, training=True))[:, 0] for _ in range(2))
    for one, other in ((first, second), (first[:-1], first[1:])):
        both = [np.sum((one == i) & (other == j)) for i in (0, 1) for j in (0, 1)]
        assert chisquare(both).pvalue > 0.01


def test_the_same_seed_draws_the_same():
    rows = np.full((50, 7), 1 / 7, "float32")
    draws = [np.array(HardSelection(seed)(rows, training=True)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_draws_compile_and_are_others_at_each_call():
    import tensorflow as tf

    selection, rows = HardSelection(seed=2), tf.fill((50, 7), 1 / 7)
    selection(rows, training=True)
    draw = tf.function(lambda weights: selection(weights, training=True), jit_compile=True)
    first, second = draw(rows).numpy(), draw(rows).numpy()
    assert (first.sum(-1) == 1).all() and (second.sum(-1) == 1).all()
    assert not np.array_equal(first, second)


def test_a_row_with_nothing_to_choose_stays_zeros_in_training_too():
    assert not np.array(HardSelection(seed=1)(np.zeros((4, 5), "float32"), training=True)).any()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    kept=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    training=st.booleans(),
)
def test_hard_attention_reads_one_kept_value_or_nothing(seed, sizes, kept, training):
    batch, queries, keys = sizes
    random = np.random.default_rng(seed)
    query, value = random.normal(size=(batch, queries, 3)), random.normal(size=(batch, keys, 3))
    keep = random.random((batch, queries, keys)) < kept
    context, weights = HardAttention(score="dot", seed=seed)(
        query, value, attention_mask=keep, return_attention_scores=True, training=training
    )
    weights = np.array(weights)
    assert not weights[~keep].any(), "never a dropped position"
    assert set(np.unique(weights)) <= {0.0, 1.0}
    np.testing.assert_array_equal(weights.sum(-1), keep.any(-1))
    np.testing.assert_allclose(context, weights @ value, atol=1e-6)


def test_attention_hands_its_seed_to_a_hard_selection_made_from_its_name():
    attention = Attention(selection="hard", seed=11)
    assert attention.selection.seed == 11
    assert Attention.from_config(attention.get_config()).selection.seed == 11
    mine = HardSelection(seed=2)
    assert selections.get(mine, seed=3) is mine


def test_half_precision_weighs_as_exactly_as_float32():
    weights = np.array([[0.5, 0.5001, 0.0]], "float32")  # the same number in bfloat16
    np.testing.assert_array_equal(HardSelection(dtype="mixed_bfloat16")(weights), [[0, 1, 0]])


def test_nothing_flows_back_through_a_choice(random):
    import tensorflow as tf

    weights = tf.constant(random.random((2, 5)))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        total = ops.sum(HardSelection(seed=1, dtype="float64")(weights, training=True))
    assert tape.gradient(total, weights) is None
