"""Attention by NumPy loops, by Keras' own layers where they are equal, and by its letters to wrong use."""

import keras
import numpy as np
import pytest

from keras_seq.layers import AdditiveAttention, Attention, AttentionPooling, DotProductAttention
from keras_seq.layers.attention.scores import AdditiveScore, ScaledDotScore, Score
from tests.layers.letters import letter_of

VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])


def attended_by_loops(score, query, key, value, keep):
    """weights and context, one query at a time; `score(q, k)` of two vectors."""
    batch, queries, keys = query.shape[0], query.shape[1], key.shape[1]
    weights, context = np.zeros((batch, queries, keys)), np.zeros((batch, queries, value.shape[-1]))
    for b in range(batch):
        for t in range(queries):
            kept = [s for s in range(keys) if keep[b, t, s]]
            raw = {s: np.exp(score(query[b, t], key[b, s])) for s in kept}
            for s in kept:
                weights[b, t, s] = raw[s] / sum(raw.values())
                context[b, t] += weights[b, t, s] * value[b, s]
    return weights, context


@pytest.fixture
def tensors(random):
    """query (2, 3, 7), value (2, 5, 6), key (2, 5, 4), and a key as wide as the query."""
    shapes = {"query": (2, 3, 7), "value": (2, 5, 6), "key": (2, 5, 4), "wide_key": (2, 5, 7)}
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def keep_of(random):
    return (random.random((2, 3, 5)) < 0.6) & VALUE_MASK[:, None]


def test_additive_attention_is_bahdanaus_formula(tensors, random):
    query, value, key, keep = tensors["query"], tensors["value"], tensors["key"], keep_of(random)
    layer = AdditiveAttention(units=9)
    context, weights = layer(query, value, key, attention_mask=keep, return_attention_scores=True)
    w_query, w_key, v = (weight.numpy() for weight in layer.trainable_weights)
    assert w_query.shape == (7, 9) and w_key.shape == (4, 9) and v.shape == (9,)
    expected_weights, expected = attended_by_loops(
        lambda q, k: v @ np.tanh(q @ w_query + k @ w_key), query, key, value, keep
    )
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)
    np.testing.assert_allclose(context, expected, atol=1e-5)


def test_dot_product_attention_is_vaswanis_formula(tensors, random):
    query, value, key, keep = tensors["query"], tensors["value"], tensors["wide_key"], keep_of(random)
    context, weights = DotProductAttention()(
        query, value, key, attention_mask=keep, return_attention_scores=True
    )
    expected_weights, expected = attended_by_loops(lambda q, k: q @ k / np.sqrt(7), query, key, value, keep)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)
    np.testing.assert_allclose(context, expected, atol=1e-5)


def test_the_named_layers_are_the_parts_put_together(tensors):
    query, value = tensors["query"], tensors["value"]
    named, parts = AdditiveAttention(units=9), Attention(AdditiveScore(9))
    named(query, value)
    parts(query, value)
    parts.set_weights(named.get_weights())
    np.testing.assert_array_equal(parts(query, value), named(query, value))
    wide = tensors["wide_key"]
    np.testing.assert_array_equal(Attention("scaled_dot")(query, wide), DotProductAttention()(query, wide))


def test_dot_product_attention_is_keras_attention_on_a_scaled_query(tensors):
    query, value, key = tensors["query"], tensors["value"], tensors["wide_key"]
    theirs, their_weights = keras.layers.Attention()(
        [query / np.sqrt(7), value, key], mask=[None, VALUE_MASK], return_attention_scores=True
    )
    ours, our_weights = DotProductAttention()(
        query, value, key, value_mask=VALUE_MASK, return_attention_scores=True
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_allclose(our_weights, their_weights, atol=1e-6)


def test_additive_attention_is_keras_additive_attention_when_nothing_is_projected(tensors, random):
    query, value, key = tensors["query"], tensors["value"], tensors["wide_key"]
    theirs = keras.layers.AdditiveAttention()
    theirs.build([query.shape, value.shape, key.shape])
    scale = random.normal(size=7).astype("float32")
    theirs.set_weights([scale])
    ours = AdditiveAttention(units=7)
    ours(query, value, key)
    ours.set_weights([np.eye(7), np.eye(7), scale])
    np.testing.assert_allclose(
        ours(query, value, key, value_mask=VALUE_MASK),
        theirs([query, value, key], mask=[None, VALUE_MASK]),
        atol=1e-6,
    )


def test_weights_sum_to_one_where_something_is_kept_and_are_zero_elsewhere(tensors, random):
    keep = keep_of(random)
    keep[0, 1] = False
    context, weights = Attention("additive")(
        tensors["query"], tensors["value"], attention_mask=keep, return_attention_scores=True
    )
    weights = np.array(weights)
    np.testing.assert_allclose(weights.sum(-1), keep.any(-1).astype(float), atol=1e-6)
    assert not weights[~keep].any()
    assert not np.array(context)[0, 1].any(), "a query with nothing to attend to gets zeros"


def test_masks_of_all_three_tensors_and_of_pairs_act_together(tensors, random):
    query_mask = np.array([[True, True, False], [True, False, True]])
    key_mask, pairs = random.random((2, 5)) < 0.7, random.random((2, 3, 5)) < 0.7
    keep = query_mask[:, :, None] & VALUE_MASK[:, None] & key_mask[:, None] & pairs
    layer = Attention("additive")
    call = {"query": tensors["query"], "value": tensors["value"], "key": tensors["key"]}
    together = layer(
        **call, query_mask=query_mask, value_mask=VALUE_MASK, key_mask=key_mask, attention_mask=pairs
    )
    np.testing.assert_array_equal(together, layer(**call, attention_mask=keep))


def test_the_key_is_the_value_where_none_is_given(tensors):
    layer = Attention("additive")
    np.testing.assert_array_equal(
        layer(tensors["query"], tensors["value"]), layer(tensors["query"], tensors["value"], tensors["value"])
    )


def test_dropout_in_training_drops_weights_of_the_mean_and_shows_them_whole(tensors):
    layer = DotProductAttention(dropout=0.5, seed=1)
    query, value = tensors["query"], tensors["wide_key"]
    context, weights = layer(query, value, return_attention_scores=True, training=True)
    np.testing.assert_allclose(np.array(weights).sum(-1), 1.0, atol=1e-6)
    assert not np.allclose(context, np.array(weights) @ value, atol=1e-3)


@keras.saving.register_keras_serializable("tests")
class NegativeDistance(Score):
    """A score of somebody's own: minus the squared distance."""

    def call(self, query, key):
        return -keras.ops.sum((keras.ops.expand_dims(query, 2) - keras.ops.expand_dims(key, 1)) ** 2, axis=-1)


@keras.saving.register_keras_serializable("tests")
def evenly(scores, mask=None):
    """A normalizer of somebody's own: every kept step the same weight."""
    kept = keras.ops.ones_like(scores) if mask is None else keras.ops.cast(mask, scores.dtype)
    return kept / keras.ops.maximum(keras.ops.sum(kept, axis=-1, keepdims=True), 1.0)


def test_a_score_and_a_normalizer_of_ones_own_go_in_and_through_the_config(tensors, random):
    query, key, keep = tensors["query"], tensors["wide_key"], keep_of(random)
    layer = Attention(NegativeDistance())
    _, weights = layer(query, key, attention_mask=keep, return_attention_scores=True)
    expected, _ = attended_by_loops(lambda q, k: -np.sum((q - k) ** 2), query, key, key, keep)
    np.testing.assert_allclose(weights, expected, atol=1e-5)

    even = Attention(NegativeDistance(), normalizer=evenly)
    again = Attention.from_config(even.get_config())
    assert isinstance(again.score, NegativeDistance) and again.normalizer is evenly
    np.testing.assert_allclose(again(query, key, value_mask=VALUE_MASK)[0, 0], key[0, :3].mean(0), atol=1e-5)


def test_one_initializer_gives_each_weight_numbers_of_its_own(tensors):
    layer = AdditiveAttention(units=7, kernel_initializer=keras.initializers.RandomNormal())
    layer(tensors["query"], tensors["wide_key"])
    w_query, w_key, _ = layer.get_weights()
    assert not np.allclose(w_query, w_key)


def test_attention_pooling_is_yangs_word_attention(random):
    inputs = random.normal(size=(2, 5, 6)).astype("float32")
    layer = AttentionPooling("additive")
    context, weights = layer(inputs, mask=VALUE_MASK, return_attention_scores=True)
    found = {weight.name: weight.numpy() for weight in layer.trainable_weights}
    query = found["query"][None, None].repeat(2, 0)
    expected_weights, expected = attended_by_loops(
        lambda q, k: found["v"] @ np.tanh(q @ found["query_kernel"] + k @ found["key_kernel"]),
        query, inputs, inputs, VALUE_MASK[:, None],
    )  # fmt: skip
    np.testing.assert_allclose(weights, expected_weights[:, 0], atol=1e-6)
    np.testing.assert_allclose(context, expected[:, 0], atol=1e-5)


def test_an_unknown_score_is_told_the_nearest_that_exist():
    assert letter_of(Attention, "aditive") == (
        "Unknown attention score. Expected 'additive', or a Score. Received: score='aditive'"
    )
    assert "Received: score=3" in letter_of(Attention, 3)
    assert "Received: score=['additive']" in letter_of(Attention, ["additive"])


def test_a_score_of_none_is_told_all_that_exist():
    assert "Expected 'dot', 'scaled_dot', 'general', " in letter_of(Attention, None)


def test_an_unknown_normalizer_is_told_the_nearest_that_exist():
    assert "Expected 'softmax'" in letter_of(Attention, normalizer="softmx")


@pytest.mark.parametrize("dropout", [-0.1, 1.0, 2])
def test_a_dropout_that_is_no_fraction_is_refused(dropout):
    letter = letter_of(Attention, dropout=dropout)
    assert letter == f"dropout is a fraction, at least 0 and below 1. Received: dropout={dropout}"


def test_units_below_one_are_refused():
    letter = letter_of(AdditiveAttention, units=0)
    assert letter == "units must be at least 1, or None for the key's width. Received: units=0"


@pytest.mark.parametrize("name", ["query", "value", "key"])
def test_a_tensor_of_the_wrong_rank_is_named_with_its_shape(tensors, name):
    call = {"query": tensors["query"], "value": tensors["value"], "key": tensors["key"]}
    call[name] = call[name][:, 0]
    letter = letter_of(Attention("additive"), **call)
    expected = (
        f"{name} must be of rank 3: (batch, length, width). Received: {name} of shape {call[name].shape}"
    )
    assert letter.startswith(expected)


def test_a_dot_product_of_unequal_widths_is_told_both(tensors):
    letter = letter_of(DotProductAttention(), tensors["query"], tensors["value"])
    assert letter.startswith(
        "A dot product needs a query and a key of the same width. Received: query width 7, key width 6. "
        "Project one of them, or use score='additive', which takes any widths."
    )
    assert "same width" in letter_of(ScaledDotScore(), tensors["query"], tensors["value"])


def test_more_values_than_keys_are_told_both_shapes(tensors):
    letter = letter_of(Attention("additive"), tensors["query"], tensors["value"], tensors["key"][:, :4])
    assert letter.startswith(
        "Every value needs its key: both must be equally long. "
        "Received: value of shape (2, 5, 6), key of shape (2, 4, 4)"
    )


@pytest.mark.parametrize(
    "name, shape", [("value_mask", (2, 1, 5)), ("key_mask", (2, 1, 5)), ("attention_mask", (2, 1, 3, 5))]
)
def test_a_mask_of_too_many_axes_is_refused_and_not_broadcast(tensors, name, shape):
    del tensors["wide_key"]
    letter = letter_of(Attention("additive"), **tensors, **{name: np.ones(shape, "bool")})
    assert f"{name} has too many axes: " in letter and f"Received: {name} of shape {shape}" in letter


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("number", [1e18, np.inf, np.nan])
def test_numbers_on_padding_that_no_weight_of_zero_undoes_change_nothing(tensors, dtype, number):
    masks = {"query_mask": np.arange(3) < [[2], [3]], "value_mask": np.arange(5) < [[5], [3]]}
    masks["key_mask"] = np.arange(5) < [[2], [4]]
    del tensors["wide_key"]
    layer = Attention("additive", dtype=dtype)
    expected = layer(**tensors, **masks)
    changed = {name: np.array(tensors[name]) for name in tensors}
    for name in tensors:
        changed[name][~masks[f"{name}_mask"]] = number
    np.testing.assert_array_equal(layer(**changed, **masks), expected)


@pytest.mark.parametrize("name", ["query_mask", "value_mask", "key_mask", "attention_mask"])
def test_a_float_mask_is_refused_by_name(tensors, name):
    shapes = {"query_mask": (2, 3), "value_mask": (2, 5), "key_mask": (2, 5), "attention_mask": (2, 3, 5)}
    mask = {name: np.ones(shapes[name], "float32")}
    letter = letter_of(Attention("additive"), tensors["query"], tensors["value"], **mask)
    assert (
        f"A mask is boolean, True = keep. Received: {name} of dtype float32. Write {name}={name} > 0"
        in letter
    )
