"""What a person meets who goes on with a run: damage, another training in it, other data, a full disk."""

import os
import shutil
import subprocess
import sys

import pytest
from keras_seq.apps import Sentiment

from keras_seq.application import resuming, verbs
from keras_seq.application.run_folder import RunFolder
from keras_seq.application.run_lock import LOCK_FILE, only_training_in
from keras_seq.data import spool
from keras_seq.errors import InputError
from keras_seq.training.checkpoints import checkpoints_in
from tests.apps.conftest import ends_of

# Without a recurrence a training is traced in a moment.
QUICK = {"num_layers": 0, "pooling": "mean", "embedding_dim": 4, "epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run on a file of its own."""
    folder = tmp_path_factory.mktemp("resuming")
    rows = [f"{word} {other} film\t{word}" for word in ("good", "bad") for other in "abcdefghijkl"]
    (folder / "train.tsv").write_text("\n".join(rows) + "\n")
    given = {**QUICK, "train": str(folder / "train.tsv")}
    verbs.train(Sentiment, run=str(folder / "run"), preset="toy", changes=given)
    return folder / "run"


@pytest.fixture
def copy(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def resume(run):
    return verbs.train(Sentiment, run=str(run), changes={}, resume=True)


def damage(checkpoint):
    path = checkpoint.path / "model.keras"
    path.write_bytes(path.read_bytes()[:-9])


def test_a_damaged_checkpoint_is_named_and_the_one_before_ends_the_same(whole, copy, capsys):
    newest, before = checkpoints_in(copy / "checkpoints")
    damage(newest)
    (copy / "model.keras").write_bytes(b"lost too")
    resume(copy)
    said = capsys.readouterr().err
    assert f"{newest.path.name}/model.keras is damaged" in said and "the checkpoint before" in said
    assert before.step or before.epoch == 1
    ends, expected = ends_of(copy), ends_of(whole)
    assert ends == expected


def test_data_on_the_disk_go_on_with_a_training_that_had_them_in_memory(whole, copy, monkeypatch):
    newest, before = checkpoints_in(copy / "checkpoints")
    shutil.rmtree(newest.path)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    resume(copy)
    assert before.step or before.epoch == 1
    ends, expected = ends_of(copy), ends_of(whole)
    assert ends == expected


def test_a_training_that_is_done_is_done(whole, copy):
    metrics = RunFolder(copy).read_metrics()
    resume(copy)
    assert ends_of(copy) == ends_of(whole)
    again = RunFolder(copy).read_metrics()
    assert all(again[name] == metrics[name] for name in ("epochs", "metrics", "examples", "parameters"))


def test_without_one_whole_checkpoint_it_says_what_can_be_done(copy):
    for checkpoint in checkpoints_in(copy / "checkpoints"):
        damage(checkpoint)
    with pytest.raises(InputError, match="Remove that folder, and --resume begins again"):
        resume(copy)
    assert len(checkpoints_in(copy / "checkpoints")) == 2  # nothing is thrown away


def test_killed_before_the_first_checkpoint_it_begins_again(whole, copy, capsys):
    shutil.rmtree(copy / "checkpoints")
    (copy / "checksums.txt").write_text("half a li")
    resume(copy)
    assert "its training begins again" in capsys.readouterr().err
    assert ends_of(copy) == ends_of(whole)


def test_what_a_kill_left_half_written_is_cleared_away(copy):
    left = [
        copy / ".model.1-0a1b2c.part.keras",
        copy / "checkpoints" / ".epoch-0001-step-000001.1-0a1b2c.part",
    ]
    left[0].touch()
    left[1].mkdir()
    assert resuming.clear_away(RunFolder(copy))
    assert not any(path.exists() for path in left)


def test_other_data_are_refused(whole, copy):
    file = whole.parent / "train.tsv"
    before = file.read_text()
    try:
        file.write_text(before.replace("good a film", "good b film", 1))
        with pytest.raises(InputError, match="not those that this run began with"):
            resume(copy)
    finally:
        file.write_text(before)


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_of_two_trainings_the_second_is_refused(copy):
    with only_training_in(copy), pytest.raises(InputError, match=rf"in use: process {os.getpid()} on"):
        resume(copy)
    assert not (copy / LOCK_FILE).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_a_lock_dies_with_its_process(tmp_path):
    script = (
        "import sys; from keras_seq.application.run_lock import only_training_in\n"
        "with only_training_in(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(InputError, match=f"process {process.pid}"), only_training_in(tmp_path):
        pass
    process.kill()
    process.communicate()
    assert (tmp_path / LOCK_FILE).exists() and RunFolder(tmp_path).is_empty
    with only_training_in(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK_FILE).read_text()


def test_a_folder_whose_first_file_was_never_finished_is_new(tmp_path):
    (tmp_path / ".config.123-0a1b2c.part.yaml").write_text("app: sent", encoding="utf-8")
    RunFolder(tmp_path).create()
    (tmp_path / "config.123-0a1b2c.part.yaml").write_text("a person's own", encoding="utf-8")
    with pytest.raises(InputError, match="is not empty"):
        RunFolder(tmp_path).create()


def test_a_disk_that_is_full_at_the_end_harms_nothing(whole, copy, monkeypatch):
    before = (copy / "model.keras").read_bytes()

    def full(self, run):
        raise InputError("model.keras could not be written: No space left on device.")

    monkeypatch.setattr(Sentiment, "write_model", full)
    with pytest.raises(InputError, match="No space left(.|\n)*The training is done(.|\n)*--resume writes"):
        resume(copy)
    assert (copy / "model.keras").read_bytes() == before
    monkeypatch.undo()
    resume(copy)
    assert ends_of(copy) == ends_of(whole)
