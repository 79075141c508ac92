"""Draws without replacement, their probabilities and entropies, against enumeration of every order."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_seq.ops import choices

WEIGHTS = np.array([[0.1, 0.4, 0.0, 0.3], [2.0, 1.0, 5.0, 3.0], [0.0, 0.0, 7.0, 0.0], [0.0] * 4], "float32")


def probability(weights, sequence):
    """Of drawing a sequence of places, by loops."""
    left, total = weights.astype("float64").copy(), 1.0
    for place in sequence:
        total *= left[place] / left.sum()
        left[place] = 0
    return total


def sequences(weights, count):
    kept = np.flatnonzero(weights)
    return list(itertools.permutations(kept, min(count, len(kept))))


def order_of(sequence, count, length=4):
    order = np.zeros((count, length), "float32")
    for number, place in enumerate(sequence):
        order[number, place] = 1
    return order


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("row", range(4))
def test_probabilities_of_all_orders_are_those_of_drawing_one_by_one(row, count):
    weights, total = WEIGHTS[row], 0.0
    for sequence in sequences(weights, count):
        expected = probability(weights, sequence)
        found = float(choices.log_prob(weights, ops.convert_to_tensor(order_of(sequence, count))))
        np.testing.assert_allclose(found, np.log(expected), atol=1e-6)
        total += np.exp(found)
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("row", range(4))
def test_the_mean_entropy_of_the_draws_is_that_of_the_order(row, count):
    weights, mean, entropy = WEIGHTS[row], 0.0, 0.0
    for sequence in sequences(weights, count):
        chance = probability(weights, sequence)
        entropy -= chance * np.log(chance)
        order = ops.convert_to_tensor(order_of(sequence, count))
        mean += chance * float(choices.entropy(weights, order))
    assert mean == pytest.approx(entropy, abs=1e-5)


def test_the_heaviest_come_first_and_of_equals_the_first():
    weights = np.array([[0.2, 0.5, 0.5, 0.0], [0.0, 0.0, 0.3, 0.0]], "float32")
    order = np.array(choices.most(weights, 3))
    assert order.argmax(-1)[:, 0].tolist() == [1, 2, 0]
    np.testing.assert_array_equal(order[:, 1], [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


def test_orders_are_drawn_as_often_as_they_are_likely():
    draws, weights = 60_000, WEIGHTS[1]
    noise = choices.gumbel((draws, 4), seed=3)
    order = np.array(choices.raced(np.tile(weights, (draws, 1)), noise, 2)).argmax(-1)  # (2, draws)
    for sequence in sequences(weights, 2):
        chance = probability(weights, sequence)
        found = np.mean((order[0] == sequence[0]) & (order[1] == sequence[1]))
        assert abs(found - chance) < 4 * np.sqrt(chance * (1 - chance) / draws), sequence


def test_what_has_no_weight_is_drawn_whatever_the_noise_never():
    weights = np.array([[0.0, 1e-30, 0.0]], "float32")
    noise = np.array([[50.0, -50.0, float("nan")]], "float32")
    assert np.array(choices.raced(weights, noise, 2))[:, 0].tolist() == [[0, 1, 0], [0, 0, 0]]


def test_a_forced_choice_stands_where_it_may_stand():
    order = np.array(choices.forced(WEIGHTS[:, None], np.array([1, 3, 0, 2], "int32")))
    np.testing.assert_array_equal(order[0, :, 0], [[0, 1, 0, 0], [0, 0, 0, 1], [0] * 4, [0] * 4])


@pytest.mark.parametrize("count", [1, 2])
def test_the_relaxed_choice_is_the_choice_with_the_gradient_of_a_softmax(count, random):
    import tensorflow as tf

    weights = tf.constant(random.random((3, 4)) + 0.1)
    noise = tf.constant(random.normal(size=(3, 4)))
    pull, temperature = tf.constant(random.normal(size=(count, 3, 4))), 0.7
    order = choices.raced(weights, noise, count)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(weights)
        relaxed = choices.relaxed(weights, noise, order, temperature)
        found = tf.reduce_sum(relaxed * pull)
        left, expected = tf.ones_like(weights), 0.0
        for number in range(count):
            raised = left * tf.exp((tf.math.log(weights) + noise) / temperature)
            soft = raised / tf.reduce_sum(raised, axis=-1, keepdims=True)
            expected += tf.reduce_sum(soft * pull[number])
            left *= 1 - order[number]
    np.testing.assert_array_equal(relaxed, order)
    np.testing.assert_allclose(tape.gradient(found, weights), tape.gradient(expected, weights), rtol=1e-6)


def test_a_probability_of_nearly_nothing_keeps_its_gradient_finite():
    import tensorflow as tf

    scores = tf.constant([[0.0, -200.0, -60.0]])
    for place in range(3):
        order = tf.one_hot([[place]], 3)
        with tf.GradientTape() as tape:
            tape.watch(scores)
            weights = tf.nn.softmax(scores)
            total = choices.log_prob(weights, order) + choices.entropy(weights, order)
        assert np.isfinite(tape.gradient(total, scores)).all()
