"""What a checkpoint holds, and how a damaged one is recognised."""

import os
import random

import keras
import numpy as np
import pytest

from keras_seq.checksums import checksums
from keras_seq.errors import InputError
from keras_seq.training.checkpoints import (
    assign_values,
    checkpoints_in,
    latest_checkpoint,
    load_checkpoint,
    metrics_values,
    save_checkpoint,
)

X, Y = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")


def with_dropout():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], jit_compile=False)
    model.fit(X, Y, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return with_dropout()


def save(model, folder, epoch=1, step=0, arrays=None, **more):
    return save_checkpoint(folder, epoch, step, model, {"metrics": [], "best": 0.5}, arrays or {}, **more)


def test_it_holds_weights_optimizer_random_state_and_more(tmp_path):
    model = with_dropout()
    arrays = {"best-0001": [np.arange(3.0), np.ones((2, 2), "int32")]}
    loaded, state, found = load_checkpoint(save(model, tmp_path, 2, 7, arrays))
    assert state["best"] == 0.5 and list(found) == ["best-0001"]
    for one, other in zip(arrays["best-0001"], found["best-0001"], strict=True):
        assert one.dtype == other.dtype and (one == other).all()
    for one, other in (
        (model.variables, loaded.variables),
        (model.optimizer.variables, loaded.optimizer.variables),
    ):
        for each, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(each.numpy(), same.numpy())
    again = [each.fit(X, Y, epochs=2, verbose=0).history["loss"] for each in (model, loaded)]
    assert again[0] == again[1]


def test_running_metrics_lose_no_bit(model):
    values = [np.float32(1) / np.float32(number) for number in range(3, 3 + len(model.metrics_variables))]
    assign_values(model.metrics_variables, values)
    kept = metrics_values(model)
    model.reset_metrics()
    assign_values(model.metrics_variables, kept)
    assert [variable.numpy() for variable in model.metrics_variables] == values


def test_the_newest_two_are_kept_by_epoch_and_step(model, tmp_path):
    for epoch, step in ((0, 9), (0, 10), (1, 0), (9, 99)):
        save(model, tmp_path, epoch, step)
    names = [each.path.name for each in checkpoints_in(tmp_path)]
    assert names == ["epoch-0010-step-000099", "epoch-0002-step-000000"]
    newest, faults = latest_checkpoint(tmp_path)
    assert (newest.epoch, newest.step, faults) == (9, 99, [])


@pytest.mark.parametrize(
    ("epoch", "step", "words"),
    [(0, 1, "1 step of the first epoch"), (1, 0, "1 epoch"), (2, 17, "2 epochs and 17 steps of the next")],
)
def test_what_is_saved_is_said_in_words(model, tmp_path, epoch, step, words):
    assert save(model, tmp_path, epoch, step).progress == words


def test_arrays_that_stayed_the_same_are_linked_with_their_checksum(model, tmp_path):
    first = save(model, tmp_path, 0, 1, {"best-0001": [np.ones(3)]})
    second = save(model, tmp_path, 0, 2, {"best-0001": [np.ones(3)]}, before=first)
    files = [each.path / "best-0001.npz" for each in (first, second)]
    assert os.path.samefile(*files)
    files[1].write_bytes(b"damaged after it was written")
    save(model, tmp_path, 0, 3, {"best-0001": [np.ones(3)]}, before=second)
    assert latest_checkpoint(tmp_path)[0] is None  # noticed, not sealed anew


def test_where_no_links_are_they_are_copied(model, tmp_path, monkeypatch):
    first = save(model, tmp_path, 0, 1, {"best-0001": [np.ones(3)]})

    def refused(*paths):
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    second = save(model, tmp_path, 0, 2, {"best-0001": [np.ones(3)]}, before=first)
    assert not os.path.samefile(first.path / "best-0001.npz", second.path / "best-0001.npz")
    assert latest_checkpoint(tmp_path)[0].step == 2


def test_whatever_is_damaged_the_one_before_is_found(model, tmp_path):
    """Flips, cuts and losses in every file of the newer checkpoint, many times."""
    chance = random.Random(1)
    save(model, tmp_path, 0, 1)
    newer = save(model, tmp_path, 0, 2, {"best-0001": [np.ones(3)]})
    sums = checksums(newer.path)
    for file in sorted(newer.path.iterdir()):
        whole = file.read_bytes()
        for _ in range(60):
            damaged = bytearray(whole)
            if chance.random() < 0.5:
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            else:
                del damaged[chance.randrange(len(damaged)) :]
            file.write_bytes(damaged)
            found, faults = latest_checkpoint(tmp_path)
            if file.name == "checksums.txt" and found.step == 2:
                assert checksums(newer.path) == sums  # another end of a line
                continue
            assert found.step == 1 and len(faults) == 1 and newer.path.name in faults[0]
        file.unlink()
        assert latest_checkpoint(tmp_path)[0].step == 1
        file.write_bytes(whole)
    assert latest_checkpoint(tmp_path)[0].step == 2


def test_a_checkpoint_that_cannot_be_read_is_said(model, tmp_path):
    path = save(model, tmp_path).path
    (path / "state.json").write_text('{"random_states": 7}')
    with pytest.raises(InputError, match="cannot be read"):
        load_checkpoint(checkpoints_in(tmp_path)[0])


def test_no_checkpoint_is_none(tmp_path):
    assert latest_checkpoint(tmp_path / "nowhere") == (None, [])
