"""Adam in one operator a variable: beside Keras', and by NumPy."""

import keras
import numpy as np
import pytest

from keras_seq.training import FusedAdam

tf = pytest.importorskip("tensorflow")

SETTINGS = [
    {},
    {"global_clipnorm": 0.5, "weight_decay": 0.01},
    {"use_ema": True, "ema_momentum": 0.9, "beta_1": 0.5, "epsilon": 1e-3},
    {"amsgrad": True},
]


def moved(kind, gradients, compiled=None, **settings):
    """A variable after a step with each of the gradients."""
    variable = keras.Variable(np.ones((4, 3), "float32"))
    optimizer = kind(0.1, **settings)
    optimizer.build([variable])
    step = lambda gradient: optimizer.apply([gradient], [variable])  # noqa: E731
    step = step if compiled is None else tf.function(step, jit_compile=compiled)
    for gradient in gradients:
        step(gradient)
    optimizer.finalize_variable_values([variable])
    return np.array(variable)


@pytest.mark.parametrize("compiled", [None, False, True])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_is_keras_adam(settings, compiled):
    gradients = np.random.default_rng(0).normal(size=(5, 4, 3)).astype("float32")
    gradients = list(map(tf.constant, gradients))
    expected = moved(keras.optimizers.Adam, gradients, **settings)
    np.testing.assert_allclose(moved(FusedAdam, gradients, compiled, **settings), expected, atol=1e-5)


def test_gradients_of_a_token_that_is_read_twice_are_one_gradient():
    rows = np.array([[1, 2, 3], [3, 4, -5], [0.1, 0.2, 0.3]], "float32")
    twice = tf.IndexedSlices(tf.constant(rows), tf.constant([2, 2, 0]), tf.constant([4, 3]))
    gradient = np.zeros((4, 3))
    gradient[2], gradient[0] = rows[0] + rows[1], rows[2]
    variable, m, v = np.ones((4, 3)), 0.0, 0.0
    for step in range(1, 4):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        rate = 0.1 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        variable = variable - rate * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(moved(FusedAdam, [twice] * 3), variable, atol=1e-5)


def test_half_precision_is_done_as_keras_does_it():
    found = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        variable = keras.Variable(np.ones(3), dtype="bfloat16")
        kind(0.1, beta_2=0.5).apply([tf.ones(3, "bfloat16")], [variable])
        found.append(np.array(variable, "float32"))
    np.testing.assert_array_equal(*found)
    assert (found[0] < 1).all()
