import keras
import numpy as np
import pytest

from keras_seq.training import TrainingSettings, build_all, compile_model

tf = pytest.importorskip("tensorflow")


class CountedLoss(keras.losses.MeanSquaredError):
    """Counts how often it is called: in a graph, once a trace."""

    calls = 0

    def call(self, y_true, y_pred):
        type(self).calls += 1
        return super().call(y_true, y_pred)


def data():
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(12, 3)).astype("float32"), rng.normal(size=(12, 1)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(arrays).batch(4)


def fitted(is_built_before):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "tanh"), keras.layers.Dense(1)])
    compile_model(model, TrainingSettings(averaging=0.9), 6, CountedLoss(), ["mae"])
    if is_built_before:
        build_all(model, next(iter(data())))
    CountedLoss.calls = 0
    history = model.fit(data(), epochs=2, shuffle=False, verbose=0)
    return CountedLoss.calls, history.history, model.get_weights()


def test_a_step_whose_variables_are_there_is_traced_once_and_computes_the_same():
    often, history, weights = fitted(is_built_before=False)
    once, same_history, same_weights = fitted(is_built_before=True)
    assert once == 1 < often
    assert history == same_history
    for one, other in zip(weights, same_weights, strict=True):
        np.testing.assert_array_equal(one, other)
