"""The app tagging, exported by the command: the same answers, in processes that have little else."""

import json
import shutil

import pytest
from keras_seq.apps import Tagging

from keras_seq.cli import main
from keras_seq.export import open_exported
from tests.apps.conftest import command, printed_by_the_card, without_tensorflow
from tests.apps.test_tagging import TINY, bookings

TEXTS = [
    "fly from  New York to Oslo!",
    "",
    "Fare to São\N{SOFT HYPHEN} Paulo from 台北",
    "!!! ??? 中文",
    "fly " * 70,
]
EXPORTS = {
    "saved_model": ["--format", "saved_model"],
    "tflite": ["--format", "tflite"],
    "fixed": ["--format", "tflite", "--quantize", "int8", "--length", "70"],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A run of few sentences with intents and self-attention, and its exports, made by the command."""
    room = tmp_path_factory.mktemp("tagging")
    tokens, tags, intents = bookings()
    (room / "data").mkdir()
    for name, rows in (("seq.in", tokens), ("seq.out", tags), ("label", [[intent] for intent in intents])):
        (room / "data" / name).write_text("\n".join(map(" ".join, rows)) + "\n", encoding="utf-8")
    app = Tagging(
        "toy",
        **{**TINY, "units": 16, "heads": 2, "epochs": 12, "batch_size": 8},
        train=str(room / "data"),
        valid=str(room / "data"),
    )
    app.fit(tokens, tags, intents, verbose=0)
    app.save(room / "run")
    for name, options in EXPORTS.items():
        with pytest.raises(SystemExit) as leaving:
            main(["tagging", "export", str(room / "run"), *options, "--output", str(room / name)])
        assert leaving.value.code == 0
    return {name: room / name for name in ("run", "data", *EXPORTS)}


def predicted(capsys, folder, *arguments):
    out, err, status = command(capsys, "tagging", "predict", folder, *arguments, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_the_same_answers_from_run_saved_model_and_tflite(folders, capsys, tmp_path):
    (tmp_path / "in.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    expected = predicted(capsys, folders["run"], "--input", tmp_path / "in.txt")
    assert [answer["text"] for answer in expected] == TEXTS
    assert any(answer["spans"] for answer in expected)
    for name, tolerance in (("saved_model", 1e-5), ("tflite", 1e-5), ("fixed", 0.1)):
        found = predicted(capsys, folders[name], "--input", tmp_path / "in.txt")
        for one, other in zip(expected, found, strict=True):
            assert one.keys() == other.keys() and one["tokens"] == other["tokens"]
            assert one["offsets"] == other["offsets"]
            assert other["weights"] == pytest.approx(one["weights"], abs=tolerance)
            if tolerance == 1e-5:
                assert [one[key] for key in ("tags", "spans", "intent")] == [
                    other[key] for key in ("tags", "spans", "intent")
                ]


def test_a_folder_holds_all_that_the_model_needs_and_a_card(folders):
    names = {"config.yaml", "vocabulary.txt", "characters.txt", "tokenizer.json", "tags.txt", "intents.txt"}
    assert {path.name for path in folders["tflite"].iterdir()} == names | {
        *("README.md", "checksums.txt", "model.tflite")
    }
    card = (folders["tflite"] / "README.md").read_text(encoding="utf-8")
    for line in (
        "- tags: B-from, B-to, I-from, I-to, O (IOB2)",
        "- intents: book, price",
        "- tag_ids: int32 (any, any): the number of each token's tag",
        "span_f1 on labelled texts: ",
    ):
        assert line in card
    fixed = (folders["fixed"] / "README.md").read_text(encoding="utf-8")
    for line in (
        "one text of at most 70 tokens",
        "int8",
        "same answer as the Keras model on these texts: intent ",
    ):
        assert line in fixed


@pytest.mark.parametrize("name", ["tflite", "saved_model"])
def test_evaluate_takes_an_exported_folder(name, folders, capsys):
    scores = []
    for folder in (folders["run"], folders[name]):
        out, err, status = command(capsys, "tagging", "evaluate", folder, "--test", folders["data"], "--json")
        assert status == 0, err
        scores.append(json.loads(out)["metrics"])
    assert scores[0] == pytest.approx(scores[1], abs=1e-6) and scores[0]["span_f1"] > 0.5


def test_the_number_of_threads_goes_to_litert_and_changes_no_answer(folders, monkeypatch):
    asked = []

    def opening(folder, num_threads):
        asked.append(num_threads)
        return open_exported(folder, num_threads)

    monkeypatch.setattr("keras_seq.export.open_exported", opening)
    one, two = (Tagging.load(folders["tflite"], *threads).predict(TEXTS) for threads in ((), (2,)))
    assert asked == [1, 2]
    for answer, other in zip(one, two, strict=True):
        assert [answer[key] for key in ("tags", "spans", "intent")] == [
            other[key] for key in ("tags", "spans", "intent")
        ]


def test_inspect_shows_where_the_intent_looked_and_says_that_words_need_the_run(folders, capsys, tmp_path):
    page = tmp_path / "look.html"
    asked = ["tagging", "inspect", folders["tflite"], "fly to Rome", "--output", page]
    assert command(capsys, *asked)[2] == 0
    assert "Where the intent looked" in page.read_text(encoding="utf-8")
    _, err, status = command(capsys, *asked, "--token", 1)
    assert status == 2 and "An exported folder does not hold where each word looked" in err
    assert len(err.strip().splitlines()) == 1


def test_a_text_longer_than_the_fixed_length_is_said(folders, capsys):
    out, err, status = command(capsys, "tagging", "predict", folders["fixed"], "fly " * 71, "--json")
    assert status == 2 and out == "" and "at most 70 tokens" in err


@pytest.mark.parametrize("name", ["model.tflite", "tags.txt", "characters.txt", "vocabulary.txt"])
def test_a_damaged_export_is_said(name, folders, capsys, tmp_path):
    shutil.copytree(folders["tflite"], tmp_path / "copy")
    path = tmp_path / "copy" / name
    path.write_bytes(path.read_bytes()[:-1])
    out, err, status = command(capsys, "tagging", "predict", tmp_path / "copy", "fly", "--json")
    assert status == 2 and out == "" and name in err and len(err.strip().splitlines()) <= 3


def test_an_export_has_no_model_to_export_again(folders, capsys, tmp_path):
    asked = ["tagging", "export", folders["tflite"], "--format", "tflite", "--output", tmp_path / "again"]
    out, err, status = command(capsys, *asked)
    assert status == 2 and "An exported folder has none" in err and not (tmp_path / "again").exists()


def test_predict_on_tflite_needs_neither_tensorflow_nor_keras(folders, capsys):
    asked = ["tagging", "predict", str(folders["tflite"]), TEXTS[0], "--json"]
    (expected,) = predicted(capsys, folders["tflite"], TEXTS[0])
    assert json.loads(without_tensorflow(*asked)) == expected


@pytest.mark.parametrize(
    ("name", "without"), [("tflite", ["tensorflow", "keras"]), ("saved_model", ["keras_seq", "keras", "jax"])]
)
def test_the_snippet_of_the_card_runs_as_it_stands(name, without, folders, capsys):
    pairs, intent = printed_by_the_card(folders[name], *without).splitlines()
    text = " ".join(bookings()[0][0])
    (expected,) = predicted(capsys, folders[name], text)
    assert pairs == str(list(zip(expected["tokens"], expected["tags"], strict=True)))
    assert intent == expected["intent"]
