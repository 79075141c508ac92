"""Every public layer obeys every law, on TensorFlow; and answers the same on JAX."""

import keras
import pytest

from keras_seq import layers
from keras_seq.testing import LAWS, check_law
from keras_seq.testing.saving import Saved
from tests.fresh_process import jax_in_haste
from tests.laws.table import CASES, WITHOUT_A_ROW

_IN_PROCESS = [law for law in LAWS if law != "saving"]


@pytest.fixture(autouse=True, scope="module")
def own_generators_of_tensorflow_are_left_alone():
    """No layer draws from them, see tests/house; to seed them makes TensorFlow forget all its kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorflow.random.set_seed", lambda seed: None)
        yield


def _kind(case):
    return type(case.make()).__name__


@pytest.mark.parametrize("law", _IN_PROCESS)
@pytest.mark.parametrize("row", CASES)
def test_every_layer_obeys_every_law(row, law):
    case = CASES[row]
    if law in case.skip:
        pytest.skip(case.skip[law])
    check_law(case, law)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return Saved(CASES, tmp_path_factory.mktemp("layers"))


@pytest.fixture(scope="module")
def letters_of_a_fresh_process(saved):
    return saved.loaded()


@pytest.fixture(scope="module")
def letters_of_jax(saved):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in jax_in_haste().items():
            patch.setenv(name, value)
        return saved.loaded("jax")


@pytest.mark.parametrize("row", CASES)
def test_a_saved_layer_answers_the_same_in_a_fresh_process(row, letters_of_a_fresh_process):
    letter = letters_of_a_fresh_process[row]
    assert letter is None, letter


@pytest.mark.parametrize("row", CASES)
def test_jax_gives_the_numbers_of_tensorflow(row, letters_of_jax):
    letter = letters_of_jax[row]
    assert letter is None, letter


def test_every_public_layer_has_a_row_or_a_reason():
    public = {name for name in layers.__all__ if issubclass(getattr(layers, name), keras.layers.Layer)}
    assert public == {_kind(case) for case in CASES.values()} | set(WITHOUT_A_ROW)
    assert all(WITHOUT_A_ROW.values()), "a layer without a row needs a reason"


def test_every_layer_with_dropout_has_a_row_where_it_acts():
    def drops(config):
        if not isinstance(config, dict):
            return False
        return any(("dropout" in key or key == "rate") and value for key, value in config.items()) or any(
            drops(value) for value in config.values()
        )

    takes, acts = set(), set()
    for case in CASES.values():
        config = case.make().get_config()
        if "dropout" in config or "rate" in config:
            takes.add(_kind(case))
        if drops(config):
            acts.add(_kind(case))
    assert takes <= acts


def test_every_row_skips_only_laws_that_exist_and_says_why():
    for row, case in CASES.items():
        for law, reason in case.skip.items():
            assert law in LAWS and reason, row
