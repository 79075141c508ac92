"""The tools that set soft attention beside hard: on tiny trainings, in this process."""

import contextlib
import io
import runpy
import sys

import keras
import numpy as np
import pytest
from keras_seq.apps import Sentiment

from keras_seq.application import verbs
from keras_seq.application.run_folder import RunFolder
from tests.apps.conftest import ROOT
from tests.apps.test_choosing import LABELS, TEXTS

SETTINGS = ("embedding_dim=4", "units=4", "epochs=1", "batch_size=8")
WITHOUT_RECURRENCE = "--set=num_layers=0"  # a training is traced in a moment
RUNS = ["soft-1", "leave_one_out-samples-2-1"]


def tool(name, *arguments):
    """What a tool prints that runs as the command line does."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        # Names of layers would begin anew, and meet those that other tests of this process hold.
        patch.setattr(keras.backend, "clear_session", lambda: None)
        runpy.run_path(str(ROOT / "tools" / name), run_name="__main__")
    return printed.getvalue()


def compared(room, app, *further):
    files = [room / f"{side}.tsv" for side in ("train", "valid")]
    for path in files:
        rows = (f"{text}\t{label}\n" for text, label in zip(TEXTS, LABELS, strict=True))
        path.write_text("".join(rows), encoding="utf-8")
    settings = [f"--set={each}" for each in SETTINGS]
    given = [app, "--preset=toy", f"--runs={room / app}", f"--train={files[0]}", f"--valid={files[1]}"]
    return tool("compare_selections.py", *given, *settings, "--hard=leave_one_out,samples=2", *further)


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """A folder with the runs of both, and the table that was printed."""
    room = tmp_path_factory.mktemp("beside")
    return room, compared(room, "sentiment", "--seeds=1", WITHOUT_RECURRENCE)


def rows_of(table):
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    return {row[0]: row[1:] for row in rows}


def test_soft_stands_beside_hard_with_the_scores_of_the_runs(beside):
    room, table = beside
    rows = rows_of(table)
    assert list(rows) == ["soft", "leave_one_out,samples=2"] and "16 examples" in table
    points = [float(row[0]) for row in rows.values()]
    assert [row[1] for row in rows.values()] == [f"**{each:.2f}**" for each in points]
    assert float(rows["leave_one_out,samples=2"][2]) == pytest.approx(points[1] - points[0], abs=0.011)
    for name, each, selection in zip(RUNS, points, ("soft", "hard"), strict=True):
        app = Sentiment.load(room / "sentiment" / name)
        assert app.settings.attention.selection == selection and app.settings.seed == 1
        assert each == round(100 * app.evaluate(TEXTS, LABELS)["accuracy"], 2)
    assert app.settings.reinforce.samples == 2


@pytest.mark.parametrize(
    ("app", "scores", "points"),
    [
        ("tagging", {"token_accuracy": 0.9, "span_f1": 0.8}, 80),
        ("tagging", {"token_accuracy": 0.9}, 90),
        ("translation", {"bleu": 30.5, "chrf": 50.0}, 30.5),
    ],
)
def test_of_each_app_its_own_score_is_taken(app, scores, points, monkeypatch, tmp_path):
    asked = []

    def train(kind, *, run, preset, config, changes):
        made, folder = kind(preset, **changes), RunFolder(run)
        folder.create()
        folder.write_config(made.config_text())
        folder.write_metrics({"train_seconds": 7.0 + changes["seed"]})

    def evaluate(kind, run, **given):
        asked.append((kind.name, given))
        seed = int(run[-1])
        metrics = {name: value + (seed == 3) for name, value in scores.items()}
        return {"metrics": metrics, "data": "some", "split": given["split"], "examples": 16}

    monkeypatch.setattr(verbs, "train", train)
    monkeypatch.setattr(verbs, "evaluate", evaluate)
    rows = rows_of(compared(tmp_path, app))
    unit = 1 if app == "translation" else 100
    seeds = f"{points:.2f} {points:.2f} {points + unit:.2f}"
    assert rows["soft"] == [seeds, f"**{points:.2f}**", "", "9"]
    assert rows["leave_one_out,samples=2"] == [seeds, f"**{points:.2f}**", "+0.00", "9"]
    assert {name for name, _ in asked} == {app} and len(asked) == 6
    greedy = {"decoding.method": "greedy"} if app == "translation" else {}
    assert all(each["changes"] == greedy and each["test"].endswith("valid.tsv") for _, each in asked)


def test_an_estimator_goes_with_settings_of_its_section_and_others_by_their_whole_name():
    variants = runpy.run_path(str(ROOT / "tools" / "compare_selections.py"))["variants"]
    asked = "leave_one_out,samples=2,attention.words=3"
    assert variants([asked])[asked] == {
        "attention.selection": "hard",
        "reinforce.estimator": "leave_one_out",
        "reinforce.samples": 2,
        "attention.words": 3,
    }


def test_what_is_trained_is_not_trained_again_and_other_settings_are_refused(beside, monkeypatch):
    room, table = beside
    trained = []
    monkeypatch.setattr(verbs, "train", lambda kind, **given: trained.append(given))
    again = compared(room, "sentiment", "--seeds=1", WITHOUT_RECURRENCE)
    assert rows_of(again) == rows_of(table) and not trained
    with pytest.raises(SystemExit, match=r"soft-1 is a run with other settings: units=4\. Choose another"):
        compared(room, "sentiment", "--seeds=1", WITHOUT_RECURRENCE, "--set=units=5")
    (room / "sentiment" / "soft-1" / "metrics.json").rename(room / "metrics.json")  # as if interrupted
    with pytest.raises(KeyError):
        compared(room, "sentiment", "--seeds=1", WITHOUT_RECURRENCE)
    (room / "metrics.json").rename(room / "sentiment" / "soft-1" / "metrics.json")
    assert [given["resume"] for given in trained] == [True]


def test_faithfulness_of_both_is_told_and_drawn(beside):
    pytest.importorskip("matplotlib")
    room, _ = beside
    runs = [room / "sentiment" / name for name in RUNS]
    told = tool(
        "measure_faithfulness.py", *runs, "--test", room / "valid.tsv", "--examples", 6,
        "--amounts", 1, 0.5, "--names", "soft", "hard", "--figure", room / "curves.png",
    )  # fmt: skip
    assert (room / "curves.png").read_bytes().startswith(b"\x89PNG")
    soft, hard = told.split("\nhard, ")
    assert "6 of 16 texts" in soft and "6 of 16 texts" in hard
    assert list(rows_of(soft)) == ["1.0", "50%: 1.8"]
    assert list(rows_of(hard)) == ["chosen: 1.0", "1.0", "50%: 1.8"]
    # What it chooses is what it would most likely draw.
    assert rows_of(hard)["chosen: 1.0"][1].split(" ")[0] == rows_of(hard)["1.0"][1].split(" ")[0]


def test_of_a_hard_model_the_weights_beneath_the_choice_are_whole_and_heaviest_where_it_chose(beside):
    room, _ = beside
    app = Sentiment.load(room / "sentiment" / RUNS[1])
    texts = [app.text_encoder.encode(text) for text in ("a good film", "", "really bad and long", "bad")]
    beneath = runpy.run_path(str(ROOT / "tools" / "measure_faithfulness.py"))["beneath"]
    found, chosen = beneath(app.model, texts, at_once=2), app.predictor.predict(texts)["weights"]
    for ids, weights, choice in zip(texts, found, chosen, strict=True):
        assert len(weights) == len(ids)
        if ids:
            assert weights.sum() == pytest.approx(1, abs=1e-5) and np.argmax(weights) == np.argmax(choice)
