"""Logs of a training that was killed: what came after the checkpoint goes, what came before stays."""

import os

import tensorflow as tf

from keras_seq.training import LogFiles, Samples, Tolerant
from tests.training.test_callbacks import X, Y, one_weight


def scalars(folder):
    """tag -> the epochs it was logged in, one by one."""
    found = {}
    for path in sorted(folder.rglob("*.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


def test_what_was_logged_after_the_checkpoint_is_cut_off_and_nothing_else(tmp_path):
    def fit(logs, *epochs):
        one_weight().fit(X, Y, epochs=epochs[1], initial_epoch=epochs[0], callbacks=[logs], verbose=0)

    first = LogFiles(tmp_path)
    fit(first, 0, 2)
    values, _ = first.state()
    (file,) = tmp_path.rglob("*.tfevents.*")
    whole = file.read_bytes()
    with open(file, "ab") as more:
        more.write(whole[:100])  # half of something
    killed = LogFiles(tmp_path)
    fit(killed, 2, 4)
    killed.close()
    (tmp_path / "notes.txt").write_text("mine")

    resumed = LogFiles(tmp_path)
    resumed.put_back(values, {})
    assert [each.read_bytes() for each in tmp_path.rglob("*.tfevents.*")] == [whole]
    fit(resumed, 2, 3)
    logged = scalars(tmp_path)
    assert sorted(logged["epoch_loss"]) == [0, 1, 2] and logged["keras"] == [0]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_that_is_shorter_than_it_was_stays(tmp_path):
    logs = LogFiles(tmp_path)
    one_weight().fit(X, Y, callbacks=[logs], verbose=0)
    values, _ = logs.state()
    (file,) = tmp_path.rglob("*.tfevents.*")
    os.truncate(file, 50)
    LogFiles(tmp_path).put_back(values, {})
    assert file.stat().st_size == 50


def test_where_no_log_can_be_written_that_is_said_once_and_training_goes_on(tmp_path):
    (tmp_path / "validation").write_text("here no folder can be made")
    (tmp_path / "attention").write_text("nor here")
    told = []
    tolerant = Tolerant(told.append)
    samples = Samples(tmp_path / "attention", lambda: ({}, {"text": "a"}), tolerant)
    model = one_weight()
    model.fit(
        X, Y, validation_data=(X, Y), epochs=3, callbacks=[LogFiles(tmp_path, tolerant), samples], verbose=0
    )
    assert [line.split(" could")[0] for line in told[::2]] == [
        "The log for TensorBoard",
        "The log of samples",
    ]
    assert len(told) == 4 and "{{" not in "".join(told)
    assert len(scalars(tmp_path / "train")["epoch_loss"]) == 3
