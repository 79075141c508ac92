"""Hard selection: what it draws, how often, and what it may never draw."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.stats import chisquare

from keras_seq.layers import Attention, AttentionPooling, HardAttention, HierarchicalAttention, choosing
from keras_seq.layers.attention import selections
from keras_seq.layers.attention.selections import HardSelection, SoftSelection
from keras_seq.models import attention_choices


def drawn(selection, weights, **arguments):
    """What a selection draws in training."""
    with choosing.by(choosing.Drawing()):
        return selection(weights, training=True, **arguments)


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
    chosen = np.array(drawn(HardSelection(seed=5), rows))
    np.testing.assert_array_equal(chosen.sum(-1), np.ones(draws))
    counts, expected = chosen.sum(0), draws * np.array(weights) / sum(weights)
    kept = expected > 0
    assert not counts[~kept].any(), "a weight of 0 is never drawn"
    assert chisquare(counts[kept], expected[kept]).pvalue > 0.01


def test_draws_of_rows_and_of_calls_know_nothing_of_each_other():
    draws = 20_000
    selection = HardSelection(seed=5)
    rows = np.full((draws, 2), 0.5, "float32")
    first, second = (np.array(drawn(selection, rows))[:, 0] for _ in range(2))
    for one, other in ((first, second), (first[:-1], first[1:])):
        both = [np.sum((one == i) & (other == j)) for i in (0, 1) for j in (0, 1)]
        assert chisquare(both).pvalue > 0.01


def test_the_same_seed_draws_the_same():
    rows = np.full((50, 7), 1 / 7, "float32")
    draws = [np.array(drawn(HardSelection(seed=seed), rows)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_draws_compile_and_are_others_at_each_call():
    import tensorflow as tf

    selection, rows = HardSelection(seed=2), tf.fill((50, 7), 1 / 7)
    drawn(selection, rows)
    draw = tf.function(lambda weights: drawn(selection, weights), jit_compile=True)
    first, second = draw(rows).numpy(), draw(rows).numpy()
    assert (first.sum(-1) == 1).all() and (second.sum(-1) == 1).all()
    assert not np.array_equal(first, second)


def test_a_row_with_nothing_to_choose_stays_zeros_in_training_too():
    assert not np.array(drawn(HardSelection(seed=1), np.zeros((4, 5), "float32"))).any()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    kept=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    number=st.integers(1, 3),
    training=st.booleans(),
)
def test_hard_attention_reads_as_many_kept_values_as_there_are_up_to_k(seed, sizes, kept, number, training):
    batch, queries, keys = sizes
    random = np.random.default_rng(seed)
    query, value = random.normal(size=(batch, queries, 3)), random.normal(size=(batch, keys, 3))
    keep = random.random((batch, queries, keys)) < kept
    k = min(number, keys)
    with choosing.by(choosing.Drawing()):
        context, weights = HardAttention(score="dot", k=k, seed=seed)(
            query, value, attention_mask=keep, return_attention_scores=True, training=training
        )
    weights = np.array(weights)
    assert not weights[~keep].any(), "never a dropped position"
    np.testing.assert_array_equal((weights > 0).sum(-1), np.minimum(k, keep.sum(-1)))
    np.testing.assert_allclose(weights.sum(-1), keep.any(-1), rtol=1e-6)
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
        total = ops.sum(drawn(HardSelection(seed=1, dtype="float64"), weights))
    assert tape.gradient(total, weights) is None


def test_several_keys_are_drawn_one_after_another_without_replacement():
    weights, draws = np.array([0.5, 0.2, 0.0, 0.3]), 40_000
    chosen = np.array(drawn(HardSelection(k=2, seed=7), np.tile(weights.astype("float32"), (draws, 1))))
    assert set(np.unique(chosen)) == {0.0, 0.5}
    pairs = [(0, 1), (0, 3), (1, 3)]
    counts = [np.sum((chosen[:, one] > 0) & (chosen[:, other] > 0)) for one, other in pairs]
    expected = [
        draws * sum(weights[i] * weights[j] / (1 - weights[i]) for i, j in itertools.permutations(pair))
        for pair in pairs
    ]
    assert sum(counts) == draws
    assert chisquare(counts, expected).pvalue > 0.01


def test_at_inference_the_k_heaviest_are_chosen_and_fewer_where_fewer_may_be():
    weights = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [0.0, 0.0, 0.0], [0.0, 1e-20, 0.0]], "float32")
    chosen = np.array(HardSelection(k=2)(weights))
    np.testing.assert_array_equal(chosen, [[0, 0.5, 0.5], [0.5, 0, 0.5], [0, 0, 0], [0, 1, 0]])


def test_more_keys_than_there_are_is_refused():
    with pytest.raises(ValueError, match="k=4, and 3 keys"):
        HardSelection(k=4)(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="k must be at least 1. Received: k=0"):
        HardSelection(k=0)


TWO_LINES = "from keras_seq.training import Reinforce\n    model = Reinforce\\(model\\)"


def test_drawing_where_nobody_learns_from_it_is_refused_with_what_mends_it():
    with pytest.raises(ValueError, match=TWO_LINES):
        HardAttention()(np.ones((1, 2, 3)), np.ones((1, 4, 3)), training=True)


@pytest.mark.parametrize("make", [HardAttention, lambda: Attention("dot", selection="hard")])
def test_plain_fit_is_refused_with_what_mends_it(make):
    words = keras.Input((None, 3))
    model = keras.Model(words, make()(words, words))
    model.compile("sgd", loss="mse", jit_compile=False)
    values = np.ones((4, 5, 3), "float32")
    with pytest.raises(ValueError, match=TWO_LINES):
        model.fit(values, values, verbose=0)
    assert model.predict(values, verbose=0).shape == (4, 5, 3)


@pytest.fixture
def words(random):
    return random.normal(size=(3, 5, 4)).astype("float32")


@pytest.mark.parametrize("draw", [False, True])
@pytest.mark.parametrize("make", [HardAttention, lambda: Attention("additive", selection="hard", seed=2)])
def test_what_is_chosen_is_read_off_a_model(make, draw, words):
    inputs, mask = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    layer = make()
    context, weights = layer(inputs, inputs, value_mask=mask, return_attention_scores=True)
    keep = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], "bool")
    choices = attention_choices(keras.Model([inputs, mask], context), [words, keep], draw)
    assert [*choices] == [layer.name]
    choice = choices[layer.name]
    places = choice.chosen.argmax(-1)
    assert keep[:2][np.arange(2)[:, None], places[:2]].all() and not choice.chosen[2].any()
    picked = np.take_along_axis(choice.weights, places[..., None], -1)[..., 0]
    np.testing.assert_allclose(choice.log_prob[:2], np.log(picked[:2]), rtol=1e-5)
    entropies = -np.sum(choice.weights * np.log(np.maximum(choice.weights, 1e-30)), -1)
    np.testing.assert_allclose(choice.entropy, entropies, atol=1e-6)
    assert not choice.log_prob[2].any() and not choice.entropy[2].any()
    assert draw or (choice.weights.max(-1) == picked).all()


def test_who_pools_by_a_choice_is_called_by_its_own_name(words):
    inputs, attention = keras.Input((None, None, 4)), Attention("additive", selection="hard")
    outputs = HierarchicalAttention(None, None, attention, name="document")(inputs)
    choices = attention_choices(keras.Model(inputs, outputs), words[None])
    assert {name: choice.chosen.shape for name, choice in choices.items()} == {
        "document/words": (3, 1, 5),
        "document/sentences": (1, 1, 3),
    }


def test_a_model_that_chooses_nothing_says_so(words):
    inputs = keras.Input((None, 4))
    with pytest.raises(ValueError, match="No hard attention ran"):
        attention_choices(keras.Model(inputs, AttentionPooling("additive")(inputs)), words)
