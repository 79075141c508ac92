import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.training.devices import check_device, computing_on


def test_a_model_is_built_where_it_is_asked_for():
    with computing_on("cpu", "single") as where:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
    assert where == "one CPU"


def test_mirrored_trains_under_its_strategy():
    with computing_on("cpu", "mirrored") as where:
        assert tf.distribute.has_strategy()
    assert "mirrored" in where


@pytest.mark.parametrize(
    ("device", "strategy", "said"),
    [
        ("cpuu", "auto", "--device takes 'cpu'. Received: 'cpuu'"),
        ("auto", "miror", "--strategy takes 'mirrored'. Received: 'miror'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(device, strategy, said):
    with pytest.raises(InputError, match=said):
        check_device(device, strategy)


def test_a_device_that_is_not_here_is_said_with_what_is():
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("there is a GPU here")
    with (
        pytest.raises(InputError, match="There is no GPU here. TensorFlow sees: .*CPU.*Use --device auto"),
        computing_on("gpu"),
    ):
        pass
