"""When checkpoints are written, and that going on from any of them is as if nothing had been."""

import os
import signal

import keras
import numpy as np
import pytest

from keras_seq.data import Batches
from keras_seq.errors import InputError
from keras_seq.training import (
    BestWeights,
    Checkpoints,
    GoingOn,
    Interruption,
    LogFiles,
    StopOnNan,
    Tolerant,
    TrainingSettings,
    averaging_callback,
    build_all,
    compile_model,
)
from keras_seq.training import saving as saving_lib
from keras_seq.training.checkpoints import checkpoints_in, latest_checkpoint, load_checkpoint

EPOCHS = 3


def data():
    chance = np.random.default_rng(0)
    ids = [chance.integers(1, 20, size=chance.integers(1, 6)).tolist() for _ in range(30)]
    return Batches(ids, np.array([len(each) % 2 for each in ids]), batch_size=8, shuffle=True, seed=3)


def new_model(averaging):
    keras.utils.set_random_seed(1)
    ids = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Dropout(0.3)(keras.layers.Embedding(20, 6)(ids))
    probs = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling1D()(vectors))
    model = keras.Model(ids, probs)
    settings = TrainingSettings(averaging=averaging, learning_rate=0.05)
    compile_model(model, settings, 12, "sparse_categorical_crossentropy", ["accuracy"])
    return model


def train(folder, averaging=0.0, resume=False, then=(), **options):
    """A training with all that has a state; gives its model, its callback of best weights, and its logs."""
    batches = data()
    best, logs, average = BestWeights("accuracy"), LogFiles(folder / "logs"), averaging_callback(averaging)
    keep = {"best": best, "logs": logs} | ({"average": average} if hasattr(average, "state") else {})
    model, start, first = None, None, []
    if resume:
        start, _ = latest_checkpoint(folder)
        model, state, arrays = load_checkpoint(start)
        for name, callback in keep.items():
            callback.put_back(state["callbacks"][name], arrays)
        first = [GoingOn(start.epoch, start.step, state["metrics"])]
    model = model or new_model(averaging)
    build_all(model, next(iter(batches.dataset())))
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, dict(logs))))
    with Interruption() as interruption:
        saving = Checkpoints(folder, batches.steps, keep, interruption=interruption, start=start, **options)
        callbacks = [*first, StopOnNan(), best, *([average] if average else []), logs, note, saving, *then]
        try:
            model.fit(
                batches.stream(*((start.epoch, start.step) if start else ())),
                steps_per_epoch=batches.steps,
                validation_data=batches.dataset(),
                epochs=EPOCHS,
                initial_epoch=start.epoch if start else 0,
                callbacks=callbacks,
                shuffle=False,
                verbose=0,
            )
        finally:
            logs.close()
    return model, best, seen


def signal_at(epoch, batch, hook="on_train_batch_end", number=signal.SIGTERM):
    """A callback that sends a signal to this process."""

    class Send(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, step, logs=None):
            if hook == "on_train_batch_end" and (self.epoch, step) == (epoch, batch):
                os.kill(os.getpid(), number)

        def on_test_batch_begin(self, step, logs=None):
            if hook == "on_test_batch_begin" and (self.epoch, step) == (epoch, batch):
                os.kill(os.getpid(), number)

    return Send()


def everything(model, best):
    kept = [best.best, best.waited]
    arrays = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    return kept, [array.tobytes() for array in arrays], [array.tobytes() for array in best.weights]


@pytest.mark.parametrize("averaging", [0.9, 2.0])
def test_going_on_is_as_if_nothing_had_been(averaging, tmp_path):
    whole, best, seen = train(tmp_path / "whole", averaging)
    expected = everything(whole, best)
    part, again = tmp_path / "part", []
    for place, number in (((0, 0), signal.SIGTERM), ((2, 1), signal.SIGINT)):  # which is Ctrl-C
        with pytest.raises(KeyboardInterrupt):
            train(part, averaging, resume=place > (0, 0), then=[signal_at(*place, number=number)])
        newest, _ = latest_checkpoint(part)
        assert (newest.epoch, newest.step) == (place[0], place[1] + 1)
    model, best, again = train(part, averaging, resume=True)
    assert everything(model, best) == expected
    assert again == seen[2:]


def test_an_interrupted_validation_is_done_again(tmp_path):
    whole, best, seen = train(tmp_path / "whole", 0.9)
    expected = everything(whole, best)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "part", 0.9, then=[signal_at(0, 1, "on_test_batch_begin")])
    newest, _ = latest_checkpoint(tmp_path / "part")
    assert (newest.epoch, newest.step) == (0, data().steps)
    model, best, again = train(tmp_path / "part", 0.9, resume=True)
    assert (everything(model, best), again) == (expected, seen)


def test_a_short_validation_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(saving_lib, "_LONG_VALIDATION", 1e9)
    steps = data().steps
    first = train(tmp_path / "first", then=[signal_at(9, 9)])
    assert first and latest_checkpoint(tmp_path / "first")[0].epoch == EPOCHS
    saved = []
    monkeypatch.setattr(saving_lib.Checkpoints, "_save", lambda self, *place: saved.append(place))
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "second", then=[signal_at(1, 0, "on_test_batch_begin")])
    assert saved == [(0, steps), (1, 0), (2, 0)]  # the first has told how long one takes


def test_by_time_each_step_may_be_one(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(saving_lib.Checkpoints, "_save", lambda self, *place: saved.append(place))
    train(tmp_path, minutes=1e-12)
    steps = data().steps
    within = {(epoch, step) for epoch in range(EPOCHS) for step in range(1, steps + 1)}
    assert set(saved) == within | {(epoch + 1, 0) for epoch in range(EPOCHS)}


def test_the_second_signal_leaves_at_once(tmp_path):
    reached = []

    class Twice(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("waits")
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("still there")

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, then=[Twice()])
    assert reached == ["waits"] and not checkpoints_in(tmp_path)


def test_signals_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before
        with pytest.raises(KeyboardInterrupt):  # nothing holds it
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_full_disk_is_said_once_and_training_goes_on(tmp_path, monkeypatch):
    told, write = [], saving_lib.save_checkpoint
    fails = iter([True, True, False, True, *[False] * 9])

    def sometimes(*given):
        if next(fails):
            raise InputError("The disk is full.")
        return write(*given)

    monkeypatch.setattr(saving_lib, "save_checkpoint", sometimes)
    monkeypatch.setattr(saving_lib, "_LONG_VALIDATION", 0.0)  # six are tried
    train(tmp_path, tolerant=Tolerant(told.append))
    assert sum("could not be saved: The disk is full." in line for line in told) == 2
    assert sum("saved again" in line for line in told) == 2
    assert latest_checkpoint(tmp_path)[0].epoch == EPOCHS
    with pytest.raises(ZeroDivisionError):  # what is our own fault is no trouble of the disk
        Tolerant(told.append)("It", lambda: 1 / 0)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    class Break(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.optimizer.iterations == 5:
                self.model.trainable_variables[0].assign(self.model.trainable_variables[0] * np.nan)

    with pytest.raises(InputError, match="The loss became nan at step 2 of epoch 2"):
        train(tmp_path, minutes=1e-12, then=[Break()])
    newest, _ = latest_checkpoint(tmp_path)
    assert (newest.epoch, newest.step) == (1, 1)
    assert all(np.isfinite(array).all() for array in load_checkpoint(newest)[0].get_weights())
