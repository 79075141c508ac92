"""Smoothed cross-entropy with its written gradient, against Keras' own on one-hot labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_seq.ops.crossentropy import smoothed_crossentropy

B, T, V = 2, 3, 7


@pytest.fixture
def logits(random):
    return 3.0 * random.normal(size=(B, T, V))


@pytest.fixture
def labels(random):
    return random.integers(0, V, (B, T))


def by_one_hot(logits, labels, smoothing):
    q = ops.one_hot(labels, V, dtype=logits.dtype) * (1 - smoothing) + smoothing / V
    return ops.categorical_crossentropy(q, logits, from_logits=True)


def value_and_gradient(function, logits, pull):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = function(logits)
        total = tf.reduce_sum(losses * pull)
    return losses.numpy(), tape.gradient(total, logits).numpy()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("way", ["eager", "graph of open sizes", "xla"])
def test_it_is_keras_crossentropy_with_one_hot_labels(way, smoothing, logits, labels, random):
    pull = random.normal(size=(B, T))
    wanted, wanted_gradient = value_and_gradient(
        lambda logits: by_one_hot(logits, labels, smoothing), logits, pull
    )

    def ours(logits):
        return value_and_gradient_in_graph(logits, tf.constant(labels), smoothing, pull)

    if way == "eager":
        found, gradient = ours(tf.constant(logits))
    elif way == "xla":
        found, gradient = tf.function(ours, jit_compile=True)(tf.constant(logits))
    else:
        signature = [tf.TensorSpec((None, None, V), "float64"), tf.TensorSpec((None, None), "int64")]
        graph = tf.function(
            lambda logits, labels: value_and_gradient_in_graph(logits, labels, smoothing, pull),
            input_signature=signature,
        )
        found, gradient = graph(logits, labels)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-7, atol=1e-9)


def value_and_gradient_in_graph(logits, labels, smoothing, pull):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = smoothed_crossentropy(logits, labels, smoothing)
        total = tf.reduce_sum(losses * pull)
    return losses, tape.gradient(total, logits)


def test_large_logits_lose_nothing():
    logits = np.array([[[1e4, 0.0, -1e4], [-3e38, 3e38, 0.0]]], "float32")
    found = np.array(smoothed_crossentropy(logits, np.array([[2, 1]])))
    np.testing.assert_allclose(found, [[2e4, 0.0]], rtol=1e-6)


def test_a_row_that_counts_for_nothing_gets_no_gradient_whatever_stands_in_it(logits, labels):
    logits[0, 1] = np.nan
    pull = np.ones((B, T))
    pull[0, 1] = 0.0

    def kept(logits):
        losses = smoothed_crossentropy(logits, labels, 0.1)
        return tf.where(pull > 0, losses, 0.0)

    _, gradient = value_and_gradient(kept, logits, pull)
    assert not gradient[0, 1].any() and np.isfinite(gradient).all() and gradient[0, 0].any()


def test_one_label_alone_is_certain():
    assert float(smoothed_crossentropy(np.ones((1, 1, 1), "float32"), np.zeros((1, 1), int), 0.5)[0, 0]) == 0


def test_half_precision_is_widened():
    losses = smoothed_crossentropy(ops.zeros((1, 1, 4), "float16"), np.zeros((1, 1), int))
    assert keras.backend.standardize_dtype(losses.dtype) == "float32"
