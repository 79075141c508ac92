"""The field's own names for combinations: each is its parts, by loops, and says what is wrong."""

import functools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq import layers
from keras_seq.layers import recording
from keras_seq.layers.attention.scopes import (
    LocalMonotonicScope,
    LocalPredictiveScope,
    Scope,
    WindowedScope,
)
from keras_seq.layers.attention.scores import ConcatScore, CosineScore, LocationScore, Score
from keras_seq.layers.attention.selections import Selection
from keras_seq.ops import masking
from keras_seq.testing import Case, check_law
from tests.laws.inputs import QUERY, SEQUENCE, VALUE, VALUE_MASK
from tests.layers.attention import by_loops
from tests.layers.letters import letter_of

NAMED = {
    "general": layers.GeneralAttention,
    "concat": functools.partial(layers.ConcatAttention, units=6),
    "cosine": layers.CosineAttention,
    "location": functools.partial(layers.LocationAttention, max_length=9),
    "additive": functools.partial(layers.AdditiveAttention, units=6),
    "scaled_dot": layers.DotProductAttention,
}


@pytest.mark.parametrize("name", NAMED)
def test_each_named_layer_is_its_formula(name, random):
    query, value, key = (random.normal(size=shape) for shape in ((2, 3, 4), (2, 5, 6), (2, 5, 4)))
    layer = NAMED[name](dtype="float64")
    context, weights = layer(query, value, key, value_mask=VALUE_MASK, return_attention_scores=True)
    score = {weight.name: weight.numpy() for weight in layer.score.weights}
    expected_weights, expected = by_loops.attended(
        functools.partial(by_loops.SCORES[name], score),
        by_loops.NORMALIZERS["softmax"],
        by_loops.SCOPES["global"].__get__({}),
        by_loops.SELECTIONS["soft"],
        query, key, value, np.broadcast_to(VALUE_MASK[:, None], (2, 3, 5)),
    )  # fmt: skip
    np.testing.assert_allclose(weights, expected_weights, atol=1e-12)
    np.testing.assert_allclose(context, expected, atol=1e-12)


@pytest.mark.parametrize(
    "named, parts",
    [
        (layers.GeneralAttention(), layers.Attention("general")),
        (layers.ConcatAttention(9), layers.Attention(ConcatScore(9))),
        (layers.CosineAttention(0.5, learned=True), layers.Attention(CosineScore(0.5, learned=True))),
        (layers.LocationAttention(9), layers.Attention(LocationScore(9))),
        (layers.LocalAttention(2), layers.Attention("general", scope=LocalPredictiveScope(2))),
        (
            layers.LocalAttention(2, predictive=False, score="additive"),
            layers.Attention("additive", scope=LocalMonotonicScope(2)),
        ),
        (layers.HardAttention("general"), layers.Attention("general", selection="hard")),
    ],
    ids=lambda layer: layer.name,
)
def test_the_named_layers_are_the_parts_put_together(named, parts, random):
    query, value = (random.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 5, 4)))
    named(query, value), parts(query, value)
    parts.set_weights(named.get_weights())
    np.testing.assert_array_equal(parts(query, value), named(query, value))


def test_self_attention_is_attention_of_a_sequence_to_itself(random):
    states = random.normal(size=(2, 5, 4)).astype("float32")
    pairs = random.random((2, 5, 5)) < 0.7
    one, two = layers.SelfAttention("general"), layers.Attention("general")
    one(states), two(states, states)
    two.set_weights(one.get_weights())
    np.testing.assert_array_equal(
        one(states, mask=VALUE_MASK, attention_mask=pairs, use_causal_mask=True),
        two(
            states, states, query_mask=VALUE_MASK, value_mask=VALUE_MASK, attention_mask=pairs,
            use_causal_mask=True,
        ),
    )  # fmt: skip


def test_concat_with_the_matrices_of_additive_is_additive(random):
    query, value = (random.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 5, 6)))
    additive, concat = layers.AdditiveAttention(7), layers.ConcatAttention(7)
    additive(query, value), concat(query, value)
    by_query, by_key, v = additive.get_weights()
    concat.set_weights([np.concatenate([by_query, by_key]), v])
    np.testing.assert_allclose(concat(query, value), additive(query, value), atol=1e-6)


def test_a_lower_temperature_sharpens_and_a_learned_one_begins_where_it_was_put(random):
    query, value = (random.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 5, 4)))
    highest = [
        np.max(layers.CosineAttention(each)(query, value, return_attention_scores=True)[1], axis=-1)
        for each in (1.0, 0.3, 0.05)
    ]
    assert (highest[0] < highest[1]).all() and (highest[1] < highest[2]).all()
    fixed, learned = layers.CosineAttention(0.3), layers.CosineAttention(0.3, learned=True)
    np.testing.assert_allclose(learned(query, value), fixed(query, value), atol=1e-6)
    assert not fixed.weights and len(learned.trainable_weights) == 1


def test_where_the_length_is_open_positions_beyond_the_known_ones_get_no_weight(random):
    import tensorflow as tf

    query, value = (random.normal(size=shape).astype("float32") for shape in ((2, 3, 4), (2, 7, 6)))
    layer = layers.LocationAttention(max_length=5)
    layer(query, value[:, :5])
    call = tf.function(
        lambda query, value: layer(query, value, return_attention_scores=True),
        input_signature=[tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None, 6))],
    )
    _, weights = call(query, value)
    assert not weights.numpy()[:, :, 5:].any()
    _, expected = layer(query, value[:, :5], return_attention_scores=True)
    np.testing.assert_allclose(weights[:, :, :5], expected, atol=1e-6)


@pytest.mark.parametrize("name", [*NAMED, "self", "hard", "local"])
def test_each_layer_reports_its_weights_once_a_call(name, random):
    states = random.normal(size=(2, 5, 4)).astype("float32")
    make = {
        **NAMED,
        "self": layers.SelfAttention,
        "hard": layers.HardAttention,
        "local": layers.LocalAttention,
    }[name]
    layer, heard = make(), []
    call = functools.partial(layer, states) if name == "self" else functools.partial(layer, states, states)
    _, weights = call(return_attention_scores=True)
    with recording.recorded(lambda *report: heard.append(report)):
        call()
    ((who, reported),) = heard
    assert who is layer
    np.testing.assert_array_equal(reported, weights)


GRADIENT_CASES = {
    **{f"score {score}": functools.partial(layers.SelfAttention, score=score) for score in by_loops.SCORES},
    **{
        f"normalizer {normalizer}": functools.partial(
            layers.SelfAttention, score="cosine", normalizer=normalizer
        )
        for normalizer in by_loops.NORMALIZERS
    },
    "scope causal": functools.partial(layers.SelfAttention, scope="causal"),
    "scope windowed": lambda dtype: layers.SelfAttention(scope=WindowedScope(2, 1), dtype=dtype),
    "scope local_m": lambda dtype: layers.SelfAttention(scope=LocalMonotonicScope(1), dtype=dtype),
    "scope local_p": lambda dtype: layers.SelfAttention(
        scope=LocalPredictiveScope(2, dtype=dtype), dtype=dtype
    ),
}


@pytest.mark.parametrize("part", GRADIENT_CASES)
def test_gradients_of_every_part_are_the_finite_differences(part):
    case = Case(GRADIENT_CASES[part], {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}, "inputs", name=part)
    check_law(case, "gradients")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    score=st.sampled_from(list(by_loops.SCORES)),
    normalizer=st.sampled_from(list(by_loops.NORMALIZERS)),
    scope=st.sampled_from(list(by_loops.SCOPES)),
    kept=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    rubbish=st.sampled_from([1e18, -1e18, 0.0]),
)
def test_whatever_the_shapes_and_masks_weights_stay_on_what_is_kept(
    seed, sizes, score, normalizer, scope, kept, rubbish
):
    batch, queries, keys = sizes
    random = np.random.default_rng(seed)
    query, value = random.normal(size=(batch, queries, 3)), random.normal(size=(batch, keys, 3))
    value_mask = np.arange(keys) < random.integers(0, keys + 1, size=(batch, 1))
    pairs = random.random((batch, queries, keys)) < kept
    value[~value_mask] = rubbish
    layer = layers.Attention(score, normalizer, scope, dtype="float64")
    context, weights = layer(
        query, value, value_mask=value_mask, attention_mask=pairs, return_attention_scores=True
    )
    context, weights, keep = np.array(context), np.array(weights), pairs & value_mask[:, None]
    assert np.isfinite(weights).all() and (weights >= 0).all()
    assert not weights[~keep].any()
    np.testing.assert_allclose(context, weights @ np.where(value_mask[:, :, None], value, 0.0), atol=1e-9)
    if normalizer != "relu" and scope == "global":
        np.testing.assert_allclose(weights.sum(-1), keep.any(-1), atol=1e-9)


@pytest.mark.parametrize("score", ["dot", "scaled_dot", "cosine"])
def test_scores_of_equal_widths_say_so(score):
    letter = letter_of(layers.Attention(score), QUERY, VALUE)
    assert letter.startswith(
        "A dot product needs a query and a key of the same width. Received: query width 7, key width 6. "
        "Project one of them, or use score='additive', which takes any widths."
    )


@pytest.mark.parametrize("score", ["general", "additive", "concat", "location"])
def test_the_other_scores_take_any_widths(score):
    assert layers.Attention(score)(QUERY, VALUE).shape == (2, 3, 6)


def test_unknown_parts_are_told_the_nearest_that_exist():
    assert letter_of(layers.Attention, scope="casual") == (
        "Unknown attention scope. Expected 'causal', or a Scope. Received: scope='casual'"
    )
    assert letter_of(layers.Attention, selection="harder") == (
        "Unknown attention selection. Expected 'hard', or a Selection. Received: selection='harder'"
    )
    assert "Expected 'sparsemax'" in letter_of(layers.Attention, normalizer="sparse_max")
    assert "Expected 'cosine'" in letter_of(layers.Attention, "cosin")
    assert "Expected 'soft' or 'hard', or a Selection. Received: selection=2" in letter_of(
        layers.Attention, selection=2
    )


def test_longer_keys_than_a_location_score_knows_are_refused_where_their_length_is_known():
    expected = (
        "A location score knows the positions that it was made for. "
        "Received: keys of length 5, max_length=4. "
        "Shorten the keys, or make the score with a larger max_length."
    )
    assert letter_of(layers.LocationAttention(4), QUERY, VALUE).startswith(expected)
    built = layers.LocationAttention(4)
    built(QUERY, VALUE[:, :4])
    assert expected in letter_of(built, QUERY, VALUE)


@pytest.mark.parametrize(
    "make, letter",
    [
        (functools.partial(CosineScore, 0), "A temperature is above 0. Received: temperature=0"),
        (functools.partial(LocationScore, 0), "max_length must be at least 1. Received: max_length=0"),
        (
            functools.partial(ConcatScore, 0),
            "units must be at least 1, or None for the key's width. Received: units=0",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, letter):
    assert letter_of(make) == letter


def test_self_attention_names_its_own_input():
    letter = letter_of(layers.SelfAttention(), SEQUENCE[:, 0])
    assert letter.startswith(
        "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (2, 6)"
    )
    letter = letter_of(layers.SelfAttention(), SEQUENCE, mask=np.ones((2, 5), "float32"))
    assert "A mask is boolean, True = keep. Received: mask of dtype float32." in letter


def test_parts_without_a_formula_of_their_own_say_what_is_missing(random):
    for part in ({"score": Score()}, {"scope": Scope()}, {"selection": Selection()}):
        with pytest.raises(NotImplementedError, match=r"must define call\("):
            layers.Attention(**part)(SEQUENCE, SEQUENCE)


@keras.saving.register_keras_serializable("tests")
class EvenPlaces(Scope):
    """A scope of somebody's own: keys at even places."""

    def call(self, query, key, keep=None, query_positions=None):
        even = np.arange(key.shape[1]) % 2 == 0
        return masking.combine(keep, keras.ops.convert_to_tensor(even)), None


@keras.saving.register_keras_serializable("tests")
class Halved(Selection):
    """A selection of somebody's own: half of everything."""

    def call(self, weights, training=None):
        return weights / 2


def test_a_scope_and_a_selection_of_ones_own_go_in_and_through_the_config():
    layer = layers.Attention("general", scope=EvenPlaces(), selection=Halved())
    _, weights = layer(QUERY, VALUE, return_attention_scores=True)
    weights = np.array(weights)
    assert not weights[:, :, 1::2].any()
    np.testing.assert_allclose(weights.sum(-1), 0.5, atol=1e-6)
    again = layers.Attention.from_config(layer.get_config())
    assert isinstance(again.scope, EvenPlaces) and isinstance(again.selection, Halved)


def test_a_config_from_before_scopes_and_selections_still_makes_the_layer():
    config = layers.Attention("additive").get_config()
    del config["scope"], config["selection"]
    again = layers.Attention.from_config(config)
    assert type(again.scope).__name__ == "GlobalScope" and type(again.selection).__name__ == "SoftSelection"
