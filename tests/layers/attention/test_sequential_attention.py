"""Monotonic attention by all random choices there are, coverage by loops, and what each of them learns."""

import itertools

import keras
import numpy as np
import pytest

from keras_seq.layers import AdditiveAttention, CoverageAttention, MonotonicAttention
from keras_seq.ops.coverage import coverage_before, coverage_loss
from keras_seq.ops.monotonic import monotonic_weights
from tests.layers.letters import letter_of

VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
QUERY_MASK = np.array([[True, True, False], [True, True, True]])


@pytest.fixture
def tensors(random):
    shapes = {"query": (2, 3, 7), "value": (2, 5, 6), "key": (2, 5, 4)}
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def with_new_numbers(layer, random):
    for weight in layer.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    return layer


def read(stops):
    """Where a reader comes to stand for each query: stops[t][s] says whether it would stop there."""
    place, places = 0, []
    for of_query in stops:
        while place is not None and not of_query[place]:
            place = place + 1 if place + 1 < len(of_query) else None
        places.append(place)
        if place is None:
            return places + [None] * (len(stops) - len(places))
    return places


def all_weights(chances):
    """The recurrence of one row, query by query: `(T, S)` -> `(T, S)`."""
    weights = np.eye(1, chances.shape[1], dtype=chances.dtype)[0]
    found = []
    for of_query in chances:
        weights = np.array(monotonic_weights(weights, of_query))
        found.append(weights)
    return np.stack(found)


def test_soft_weights_are_the_expectation_over_all_choices_to_stop(random):
    chances = random.random((3, 3)).astype("float32")
    expected = np.zeros((3, 3))
    for stops in itertools.product([False, True], repeat=9):
        stops = np.reshape(stops, (3, 3))
        probability = np.prod(np.where(stops, chances, 1 - chances))
        for t, s in enumerate(read(stops)):
            if s is not None:
                expected[t, s] += probability
    np.testing.assert_allclose(all_weights(chances), expected, atol=1e-6)
    assert (expected.sum(-1) < 1).all() and (np.diff(expected.sum(-1)) < 0).all(), "some pass the last key"


def test_chances_of_zero_and_one_are_a_reader_who_decides_so(random):
    for _ in range(20):
        stops = random.random((4, 6)) < 0.4
        expected = np.zeros((4, 6))
        for t, s in enumerate(read(stops)):
            if s is not None:
                expected[t, s] = 1
        np.testing.assert_array_equal(all_weights(stops.astype("float32")), expected)


@pytest.mark.parametrize("length", [1, 2, 7, 64, 65])
def test_soft_weights_are_the_sums_of_the_formula_at_any_length(length, random):
    previous = random.random(length)
    chances = random.random(length)
    expected = [
        chances[s] * sum(previous[k] * np.prod([1 - chances[j] for j in range(k, s)]) for k in range(s + 1))
        for s in range(length)
    ]
    np.testing.assert_allclose(monotonic_weights(previous, chances), expected, atol=1e-12)


def test_a_reader_behind_many_keys_that_nobody_passes_is_not_lost():
    """There a cumulative product of 1 - chance is 0 in float32, and a quotient by it nothing."""
    chances = np.full(200, 0.999, "float32")
    chances[150:] = 0.5
    previous = np.eye(1, 200, 150, dtype="float32")[0]
    assert np.prod(1 - chances[:150], dtype="float32") == 0
    expected = [0.0] * 150 + [0.5 ** (n + 1) for n in range(50)]
    np.testing.assert_allclose(monotonic_weights(previous, chances), expected, rtol=1e-5)


def energies(layer, query, key):
    """g v/‖v‖ · tanh(W_q query + W_k key + b) + r, one pair at a time."""
    score = layer.score
    w_q, w_k, v, g, b = (
        each.numpy() for each in (score.query_kernel, score.key_kernel, score.v, score.scale, score.bias)
    )
    found = np.zeros((len(query), query.shape[1], key.shape[1]))
    for i, t, s in np.ndindex(found.shape):
        hidden = np.tanh(query[i, t] @ w_q + key[i, s] @ w_k + b)
        found[i, t, s] = g * v @ hidden / np.sqrt(v @ v) + layer.bias.numpy()
    return found


@pytest.mark.parametrize("hard", [False, True])
def test_monotonic_attention_is_raffels_formula(hard, tensors, random):
    query, value, key = tensors["query"], tensors["value"], tensors["key"]
    layer = MonotonicAttention(hard=hard)
    layer(query, value, key)
    with_new_numbers(layer, random)
    context, weights = layer(
        query, value, key, query_mask=QUERY_MASK, value_mask=VALUE_MASK, return_attention_scores=True
    )
    chances = 1 / (1 + np.exp(-energies(layer, query, key)))
    expected = np.zeros((2, 3, 5))
    for i in range(2):
        previous = np.eye(1, 5)[0]
        for t in range(3):
            if not QUERY_MASK[i, t]:
                continue
            reached, new = 0.0, np.zeros(5)
            for s in range(5):
                reached += previous[s]
                chance = chances[i, t, s] * VALUE_MASK[i, s]
                chance = float(chance > 0.5) if hard else chance
                new[s] = chance * reached
                reached *= 1 - chance
            previous = expected[i, t] = new
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, np.einsum("bts,bsd->btd", expected, value), atol=1e-5)


def test_training_is_soft_and_noisy_and_inference_hard(tensors):
    query, value = tensors["query"], tensors["value"]
    layer = MonotonicAttention(initial_bias=0.0, seed=1)

    def weights(**options):
        return np.array(layer(query, value, return_attention_scores=True, **options)[1])

    assert set(np.unique(weights())) <= {0.0, 1.0}
    first, second = weights(training=True), weights(training=True)
    assert ((first > 0) & (first < 1)).all()
    assert not np.allclose(first, second)
    layer.noise_std = 0.0
    np.testing.assert_array_equal(weights(training=True), weights(training=True))


def test_coverage_attention_is_the_papers_formula(tensors, random):
    query, value, key = tensors["query"], tensors["value"], tensors["key"]
    layer = CoverageAttention(units=9)
    layer(query, value, key)
    with_new_numbers(layer, random)
    score = layer.score
    w_q, w_k, v, w_c, b = (
        each.numpy()
        for each in (score.query_kernel, score.key_kernel, score.v, layer.coverage_kernel, layer.bias)
    )
    expected = np.zeros((2, 3, 5))
    for i in range(2):
        coverage = np.zeros(5)
        for t in range(3):
            if not QUERY_MASK[i, t]:
                continue
            kept = [s for s in range(5) if VALUE_MASK[i, s]]
            raw = [
                np.exp(v @ np.tanh(query[i, t] @ w_q + key[i, s] @ w_k + w_c * coverage[s] + b)) for s in kept
            ]
            expected[i, t, kept] = np.array(raw) / sum(raw)
            coverage += expected[i, t]
    context, weights = layer(
        query, value, key, query_mask=QUERY_MASK, value_mask=VALUE_MASK, return_attention_scores=True
    )
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, np.einsum("bts,bsd->btd", expected, value), atol=1e-5)


def test_without_its_kernel_coverage_attention_is_additive_attention(tensors):
    query, value = tensors["query"], tensors["value"]
    covering, additive = CoverageAttention(units=9), AdditiveAttention(units=9)
    covering(query, value), additive(query, value)
    covering.coverage_kernel.assign(np.zeros(9))
    additive.set_weights(covering.score.get_weights())
    np.testing.assert_allclose(
        covering(query, value, value_mask=VALUE_MASK),
        additive(query, value, value_mask=VALUE_MASK),
        atol=1e-6,
    )


def test_the_loss_of_coverage_counts_what_is_attended_to_again(random):
    weights = random.random((2, 3, 5)).astype("float32") * QUERY_MASK[..., None]
    coverage, repeated = np.zeros((2, 3, 5)), 0.0
    for i, t, s in np.ndindex(2, 3, 5):
        coverage[i, t, s] = sum(weights[i, r, s] for r in range(t))
        repeated += min(weights[i, t, s], coverage[i, t, s])
    np.testing.assert_allclose(coverage_before(weights), coverage, atol=1e-6)
    np.testing.assert_allclose(coverage_loss(weights, QUERY_MASK), repeated / QUERY_MASK.sum(), rtol=1e-5)
    np.testing.assert_allclose(coverage_loss(weights), repeated / 6, rtol=1e-5)
    assert coverage_loss(weights, np.zeros((2, 3), "bool")) == 0
    assert coverage_loss(np.eye(3, 5)[None]) == 0, "nothing twice"


def test_the_loss_of_coverage_is_added_with_its_weight(tensors):
    query, value = tensors["query"], tensors["value"]
    layer = CoverageAttention(loss_weight=2.0)
    _, weights = layer(query, value, query_mask=QUERY_MASK, return_attention_scores=True)
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 2.0 * coverage_loss(weights, QUERY_MASK), rtol=1e-6)
    plain = CoverageAttention()
    plain(query, value)
    assert not plain.losses


def test_the_loss_of_coverage_makes_attention_read_nothing_twice():
    keras.utils.set_random_seed(3)
    random = np.random.default_rng(3)
    keys, queries = keras.Input((4, 4)), keras.Input((4, 3))
    layer = CoverageAttention(16, loss_weight=1.0)
    context, weights = layer(queries, keys, return_attention_scores=True)
    model, attending = keras.Model([keys, queries], context), keras.Model([keys, queries], weights)
    model.compile(
        keras.optimizers.Adam(0.05), lambda true, found: 0.0 * keras.ops.sum(found), jit_compile=False
    )
    inputs = [random.normal(size=(64, 4, 4)), random.normal(size=(64, 4, 3))]
    before = float(coverage_loss(attending(inputs)))
    model.fit(inputs, np.zeros((64, 4, 4)), epochs=30, batch_size=64, verbose=0)
    after = float(coverage_loss(attending(inputs)))
    assert before > 0.5 and after < 0.2, (before, after)


def test_monotonic_attention_learns_where_to_stop_and_keeps_it_when_hard():
    """Of the keys, those marked are the ones to be read, one a query, in their order."""
    keras.utils.set_random_seed(2)
    random = np.random.default_rng(2)
    marks = np.stack([random.permutation([1, 1, 1, 0, 0, 0, 0]) for _ in range(256)])
    names = random.integers(0, 4, size=(256, 7))
    target = np.stack([name[mark == 1] for name, mark in zip(names, marks, strict=True)])
    key = np.eye(4)[marks.cumsum(-1) * marks]  # not marked, or the first, second, third mark
    query = np.eye(3)[None].repeat(256, 0)

    inputs = keras.Input((3, 3)), keras.Input((7, 4)), keras.Input((7, 4))
    layer = MonotonicAttention(noise_std=0.5)
    model = keras.Model(inputs, layer(*inputs))
    model.compile(keras.optimizers.Adam(0.1), "mse", jit_compile=False)
    given = [query, np.eye(4)[names], key]
    model.fit(given, np.eye(4)[target], epochs=20, batch_size=64, verbose=0)
    found = model.predict(given, verbose=0)  # hard
    assert (found.argmax(-1) == target).mean() > 0.95


def test_numbers_below_zero_are_refused():
    assert letter_of(MonotonicAttention, noise_std=-1) == "A deviation is 0 or more. Received: noise_std=-1"
    letter = letter_of(CoverageAttention, loss_weight=-1)
    assert letter == "A loss is weighted by 0 or more. Received: loss_weight=-1"


def test_what_they_fix_cannot_be_given():
    for layer in (MonotonicAttention, CoverageAttention):
        with pytest.raises(TypeError, match="scope"):
            layer(scope="causal")
