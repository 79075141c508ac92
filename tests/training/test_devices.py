import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.training import Computing, computing_on
from keras_seq.training.tf_config import read_tf_config

TWO = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": %d}}'


def test_a_model_is_built_where_it_is_asked_for():
    with computing_on(Computing("cpu", "single")) as place:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
    assert place.told == "one CPU"


def test_on_a_cpu_nothing_is_chosen_that_would_slow_it():
    with computing_on() as place:
        if tf.config.list_logical_devices("GPU"):
            pytest.skip("there is a GPU here")
    assert (place.where, place.precision, place.jit, place.steps_per_execution) == (
        "one CPU",
        "off",
        False,
        1,
    )
    assert place.is_chief and not place.wants_static_shapes


def test_what_is_asked_for_is_what_holds_and_is_told():
    before = keras.config.dtype_policy().name
    asked = Computing("cpu", mixed_precision="bfloat16", jit="on", steps_per_execution=5)
    with computing_on(asked) as place:
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        assert place.told == "one CPU, mixed bfloat16, compiled by XLA, 5 steps at a time"
        assert place.wants_static_shapes
    assert keras.config.dtype_policy().name == before


def test_mirrored_trains_under_its_strategy():
    with computing_on(Computing("cpu", "mirrored")) as place:
        with place.making():
            assert tf.distribute.has_strategy()
        assert not tf.distribute.has_strategy()
    assert "mirrored" in place.told


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"device": "cpuu"}, "--device takes 'cpu'. Received: 'cpuu'"),
        ({"strategy": "miror"}, "--strategy takes 'mirrored'. Received: 'miror'"),
        ({"mixed_precision": "float61"}, "--mixed-precision takes 'float16'.*Received: 'float61'"),
        ({"jit": "yes"}, "--jit takes 'auto', 'on' or 'off'. Received: 'yes'"),
        ({"steps_per_execution": 0}, "--steps-per-execution is at least 1. Received: 0"),
        (
            {"device": "cpu", "strategy": "tpu"},
            "--device cpu --strategy tpu. Give --device tpu alone",
        ),
        ({"device": "tpu", "strategy": "mirrored"}, "Give --device tpu alone"),
        ({"strategy": "mirrored", "jit": "on"}, "cannot be compiled by XLA.*Leave --jit on out"),
        ({"strategy": "mirrored", "steps_per_execution": 4}, "one step at a time.*Received: .*execution 4"),
        ({"strategy": "mirrored", "mixed_precision": "float16"}, "Use --mixed-precision bfloat16"),
        (
            {"strategy": "multi_worker"},
            "It is not set. Set it on each machine(.|\n)*10.0.0.1:12345",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_starts(asked, said, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match=said):
        Computing(**asked).check()


@pytest.mark.parametrize("kind", ["gpu", "tpu"])
def test_a_device_that_is_not_here_is_said_with_what_is(kind):
    if tf.config.list_logical_devices(kind.upper()):
        pytest.skip(f"there is a {kind.upper()} here")
    with (
        pytest.raises(InputError, match=f"There is no {kind.upper()}.* sees: .*CPU.*Use --device auto"),
        computing_on(Computing(kind)),
    ):
        pass


def test_a_training_goes_on_in_the_precision_that_it_began_in():
    assert Computing().with_precision("bfloat16").mixed_precision == "bfloat16"
    assert Computing(mixed_precision="off").with_precision("off").mixed_precision == "off"
    with pytest.raises(InputError, match="began with --mixed-precision off(.|\n)*Received: .* float16"):
        Computing(mixed_precision="float16").with_precision("off")


def test_the_first_worker_is_the_chief_unless_one_is_named():
    assert read_tf_config(TWO % 0) == (2, True)
    assert read_tf_config(TWO % 1) == (2, False)
    named = TWO.replace('{"worker"', '{"chief": ["c:1"], "worker"')
    assert read_tf_config(named % 0) == (3, False)
    assert read_tf_config(named.replace('"type": "worker"', '"type": "chief"') % 0) == (3, True)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        TWO % 2,
        TWO % -1,
        TWO.replace('"type": "worker"', '"type": "ps"') % 0,
        TWO.replace('{"worker"', '{"ps": ["c:1"], "worker"') % 0,
        TWO.replace('["a:1", "b:1"]', "[1, 2]") % 0,
        TWO.replace('["a:1", "b:1"]', "3") % 0,
    ],
    ids=str,
)
def test_a_tf_config_that_says_nothing_is_answered_with_one_that_does(text):
    with pytest.raises(InputError, match=r"does not name the machines(.|\n)*TF_CONFIG='{\"cluster\""):
        read_tf_config(text)
