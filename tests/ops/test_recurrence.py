"""Recurrence with its way back written out, against automatic differentiation of Keras' own layers."""

import keras
import numpy as np
import pytest

from keras_seq.layers.recurrent import built_in

STATES = {"lstm": 2, "gru": 1, "simple": 1}


@pytest.mark.parametrize("time", [1, 4])
@pytest.mark.parametrize("cell", STATES)
def test_states_and_all_gradients_are_those_of_keras_layer(cell, time, random):
    import tensorflow as tf

    layer = built_in.BUILT_IN[cell](5, return_sequences=True)
    layer.build((None, None, 3))
    for weight in layer.trainable_weights:
        weight.assign(0.7 * random.normal(size=weight.shape))
    inputs = tf.constant(random.normal(size=(2, time, 3)), "float32")
    first = [tf.constant(random.normal(size=(2, 5)), "float32") for _ in range(STATES[cell])]
    pull = random.normal(size=(2, time, 5)).astype("float32")

    def states_and_gradients(run):
        with tf.GradientTape() as tape:
            keras.tree.map_structure(tape.watch, [inputs, first])
            states = run()
            total = tf.reduce_sum(states * pull)
        return [states, *tape.gradient(total, [inputs, *first, *layer.trainable_weights])]

    found = states_and_gradients(lambda: built_in.run(cell, layer, inputs, first))
    expected = states_and_gradients(lambda: layer(inputs, initial_state=first))
    for one, other in zip(found, expected, strict=True):
        assert np.any(other)
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)
