"""Pointers and copies by loops; padding is never pointed at and never copied."""

import keras
import numpy as np
import pytest

from keras_seq.layers import PointerAttention, PointerGenerator
from keras_seq.ops.copying import copy_distribution
from keras_seq.ops.masking import masked_log_softmax
from tests.layers.letters import letter_of

KEY_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
QUERY_MASK = np.array([[True, True, False], [True, True, True]])


@pytest.fixture
def query(random):
    return random.normal(size=(2, 3, 7)).astype("float32")


@pytest.fixture
def key(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def test_pointers_are_vinyals_formula(query, key):
    layer = PointerAttention()
    log_probs, weights = layer(query, key, key_mask=KEY_MASK, return_attention_scores=True)
    score = layer.score
    w_q, w_k, v = (each.numpy() for each in (score.query_kernel, score.key_kernel, score.v))
    for i, t in np.ndindex(2, 3):
        kept = [s for s in range(5) if KEY_MASK[i, s]]
        raw = [np.exp(v @ np.tanh(query[i, t] @ w_q + key[i, s] @ w_k)) for s in kept]
        np.testing.assert_allclose(log_probs[i, t].numpy()[kept], np.log(raw) - np.log(sum(raw)), atol=1e-5)
    np.testing.assert_allclose(np.exp(log_probs), weights, atol=1e-6)


def test_padding_is_never_pointed_at_and_no_loss_is_nan(query, key):
    layer = PointerAttention()
    log_probs = np.array(layer(query, key, query_mask=QUERY_MASK, key_mask=KEY_MASK))
    keep = QUERY_MASK[:, :, None] & KEY_MASK[:, None]
    assert not np.exp(log_probs)[~keep].any()
    np.testing.assert_allclose(np.exp(log_probs).sum(-1), QUERY_MASK.astype(float), atol=1e-6)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)
    assert np.isfinite(loss(np.eye(5)[np.full((2, 3), 4)], log_probs)).all(), (
        "also where padding is the target"
    )


def test_small_probabilities_keep_their_logarithms():
    scores = np.array([[0.0, -500.0, 3.0]], "float32")
    expected = scores - np.log(1 + np.exp(3.0))
    np.testing.assert_allclose(masked_log_softmax(scores), expected, rtol=1e-6)
    masked = np.array(masked_log_softmax(scores, np.array([[True, True, False]])))
    np.testing.assert_allclose(masked, [[0.0, -500.0, -32768.0]])


def test_copies_add_up_where_a_word_stands_twice(random):
    weights, ids = random.random((2, 3, 5)), random.integers(0, 4, size=(2, 5))
    expected = np.zeros((2, 3, 4))
    for i, t, s in np.ndindex(2, 3, 5):
        expected[i, t, ids[i, s]] += weights[i, t, s]
    np.testing.assert_allclose(copy_distribution(weights, ids, 4), expected, atol=1e-6)


def distribution(random, *shape):
    exponentials = np.exp(random.normal(size=shape)).astype("float32")
    return exponentials / exponentials.sum(-1, keepdims=True)


@pytest.fixture
def generator_inputs(random):
    weights = np.where(KEY_MASK[:, None], distribution(random, 2, 3, 5), 0)
    return {
        "features": random.normal(size=(2, 3, 7)).astype("float32"),
        "vocabulary_probs": distribution(random, 2, 3, 8),
        "attention_weights": weights / weights.sum(-1, keepdims=True),
        "source_ids": np.array([[8, 3, 3, 0, 0], [9, 8, 2, 9, 0]], "int32"),
    }


def test_generating_and_copying_are_sees_formula(generator_inputs):
    layer = PointerGenerator(extra=2)
    probs = layer(**generator_inputs)
    w, b = (each.numpy() for each in layer.gate.weights)
    features, words, weights, ids = generator_inputs.values()
    expected = np.zeros((2, 3, 10))
    for i, t in np.ndindex(2, 3):
        p_gen = 1 / (1 + np.exp(-(features[i, t] @ w[:, 0] + b[0])))
        for v in range(8):
            expected[i, t, v] = p_gen * words[i, t, v]
        for s in range(5):
            expected[i, t, ids[i, s]] += (1 - p_gen) * weights[i, t, s]
    np.testing.assert_allclose(probs, expected, atol=1e-6)
    np.testing.assert_allclose(np.sum(probs, axis=-1), 1.0, atol=1e-6)


def test_source_padding_is_never_copied_and_the_rest_still_sums_to_one(generator_inputs, random):
    generator_inputs["attention_weights"] = distribution(random, 2, 3, 5)  # some of it on padding
    layer = PointerGenerator(extra=2)
    masks = {"features_mask": QUERY_MASK, "source_ids_mask": KEY_MASK}
    probs = np.array(layer(**generator_inputs, **masks))
    np.testing.assert_allclose(probs.sum(-1), QUERY_MASK.astype(float), atol=1e-6)
    generator_inputs["source_ids"] = np.where(KEY_MASK, generator_inputs["source_ids"], 9)
    np.testing.assert_array_equal(layer(**generator_inputs, **masks), probs)
    assert not probs[0, :, 9].any(), "an id that stands on padding alone"


def test_where_nothing_can_be_copied_all_is_generated(generator_inputs):
    words = generator_inputs["vocabulary_probs"]
    nothing = np.zeros_like(KEY_MASK)
    probs = PointerGenerator()(**{**generator_inputs, "source_ids": np.zeros((2, 5), "int32")},
                               source_ids_mask=nothing)  # fmt: skip
    np.testing.assert_allclose(probs, words, atol=1e-6)


def test_pointers_learn_to_point_at_the_largest():
    keras.utils.set_random_seed(0)
    numbers = np.random.default_rng(0).random((256, 6, 1)).astype("float32")
    keys = keras.Input((6, 1))
    query = keras.ops.ones_like(keys[:, :1])
    model = keras.Model(keys, PointerAttention()(query, keras.layers.Dense(16, "relu")(keys)))
    model.compile(
        keras.optimizers.Adam(0.05),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(numbers, numbers.argmax(1), epochs=25, batch_size=64, verbose=0)
    found = model.predict(numbers, verbose=0)
    assert (found.argmax(-1) == numbers.argmax(1)).mean() > 0.9


def test_a_pointer_generator_learns_to_copy_words_that_no_vocabulary_holds():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    source = random.permuted(np.tile(np.arange(8, 13), (256, 1)), axis=1)  # 8 words, and 5 strangers
    place = random.integers(0, 5, size=(256, 1))
    at = np.eye(5)[place].astype("float32")
    ids, features, weights = keras.Input((5,), dtype="int32"), keras.Input((1, 5)), keras.Input((1, 5))
    words = keras.layers.Dense(8, "softmax")(features)
    model = keras.Model([ids, features, weights], PointerGenerator(extra=5)(features, words, weights, ids))
    model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy", jit_compile=False)
    target = np.take_along_axis(source, place, 1)
    history = model.fit([source, at, at], target, epochs=15, batch_size=64, verbose=0).history["loss"]
    assert history[0] > 0.3 and history[-1] < 0.1, history


@pytest.mark.parametrize("name", ["query", "key"])
def test_a_tensor_of_the_wrong_rank_is_named_with_its_shape(name, query, key):
    call = {"query": query, "key": key}
    call[name] = call[name][:, 0]
    letter = letter_of(PointerAttention(), **call)
    assert f"{name} must be of rank 3: (batch, length, width). Received: {name} of shape" in letter


def test_a_float_mask_is_refused_by_name(query, key, generator_inputs):
    letter = letter_of(PointerAttention(), query, key, key_mask=KEY_MASK.astype("float32"))
    assert "Received: key_mask of dtype float32." in letter
    letter = letter_of(PointerGenerator(2), **generator_inputs, source_ids_mask=KEY_MASK.astype("float32"))
    assert "Received: source_ids_mask of dtype float32." in letter


def test_a_tensor_of_the_generator_of_the_wrong_rank_is_named(generator_inputs):
    for name in ("features", "vocabulary_probs", "attention_weights", "source_ids"):
        call = {**generator_inputs, name: generator_inputs[name][:, 0]}
        assert letter_of(PointerGenerator(2), **call).startswith(f"{name} must be of rank ")


def test_fewer_ids_than_none_are_refused():
    assert letter_of(PointerGenerator, -1) == "extra counts ids, 0 or more. Received: extra=-1"
