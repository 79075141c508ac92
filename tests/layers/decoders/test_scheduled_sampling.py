"""The model's own words among the true ones: which, where, and how many of them after how many steps."""

import keras
import numpy as np
import pytest

from keras_seq.layers import ScheduledSampling

INPUTS = np.array([[2, 7, 9, 5], [2, 4, 0, 0]], "int32")
LOGITS = np.eye(12, dtype="float32")[[[10, 11, 8, 3], [1, 6, 7, 5]]]


def test_an_own_word_stands_where_it_was_foretold_and_padding_stays():
    found = ScheduledSampling(1.0)(INPUTS, LOGITS, training=True)
    np.testing.assert_array_equal(found, [[2, 10, 11, 8], [2, 1, 0, 0]])


def test_padding_is_no_word_to_be_read():
    foretold = np.zeros((2, 4, 12), "float32")  # argmax 0
    np.testing.assert_array_equal(ScheduledSampling(1.0)(INPUTS, foretold, training=True), INPUTS)


def test_the_share_rises_over_the_steps_and_stays():
    keras.utils.set_random_seed(1)
    inputs, logits = np.full((50, 100), 3, "int32"), np.eye(5, dtype="float32")[np.full((50, 100), 4)]
    layer = ScheduledSampling(rate=0.5, steps=4, seed=2)
    shares = [float(np.mean(np.array(layer(inputs, logits, training=True)) == 4)) for _ in range(6)]
    np.testing.assert_allclose(shares, [0, 0.125, 0.25, 0.375, 0.5, 0.5], atol=0.04)  # 5 standard errors
    assert int(layer.counter) == 6
    np.testing.assert_array_equal(layer(inputs, logits), inputs)
    assert int(layer.counter) == 6


def test_no_gradient_flows_through_the_first_pass():
    import tensorflow as tf

    logits = tf.Variable(LOGITS)
    embedding = keras.layers.Embedding(12, 3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(embedding(ScheduledSampling(1.0)(INPUTS, logits, training=True)))
    assert tape.gradient(loss, logits) is None


def test_in_a_graph_at_inference_the_first_pass_is_left_out():
    import tensorflow as tf

    layer = ScheduledSampling(0.5)
    graph = tf.function(lambda inputs, logits: layer(inputs, tf.exp(logits)))
    concrete = graph.get_concrete_function(INPUTS, LOGITS)
    assert concrete.graph.as_graph_def() and not _needed(concrete, "Exp")


def _needed(concrete, kind):
    """Whether an operation of this kind stands before the outputs."""
    waiting, seen = [each.op for each in concrete.outputs], set()
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            waiting += [each.op for each in operation.inputs]
    return any(operation.type == kind for operation in seen)


@pytest.mark.parametrize(
    "arguments, letter", [({"rate": 1.5}, "rate=1.5"), ({"rate": 0.5, "steps": -1}, "steps=-1")]
)
def test_what_is_no_probability_or_number_is_refused(arguments, letter):
    with pytest.raises(ValueError, match=f"Received: {letter}"):
        ScheduledSampling(**arguments)
