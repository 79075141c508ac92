"""The toy preset of the app: train, evaluate, predict, inspect, export, reload."""

import json
import subprocess
import sys

import numpy as np
import pytest
from keras_seq.apps import Sentiment

from keras_seq.cli import main
from keras_seq.data import Examples, load_data
from keras_seq.errors import InputError
from keras_seq.training import ProgressLine
from tests.apps.conftest import command, ends_of, terminated

TINY = {"embedding_dim": 4, "units": 3, "epochs": 2, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """The run as SavedModel, TFLite and int8 TFLite."""
    places = {}
    for name, options in (
        ("saved_model", ["saved_model"]),
        ("tflite", ["tflite"]),
        ("int8", ["tflite", "--quantize", "int8"]),
    ):
        places[name] = tmp_path_factory.mktemp("exported") / name
        with pytest.raises(SystemExit) as leaving:
            main(["sentiment", "export", str(run), "--format", *options, "--output", str(places[name])])
        assert leaving.value.code == 0
    return places


def test_a_run_folder_holds_all_that_is_promised(run):
    names = {path.name for path in run.iterdir()}
    assert names >= {
        "config.yaml",
        "model.keras",
        "vocabulary.txt",
        "metrics.json",
        "logs",
        "checkpoints",
        "labels.txt",
    }
    facts = json.loads((run / "metrics.json").read_text())
    assert facts["data"] == "builtin:opinions" and facts["seed"] == 1 and facts["train_seconds"] > 0
    assert {"hardware", "versions", "commit"} <= set(facts)


def test_the_toy_learns_its_task(run, capsys):
    out, _, status = command(capsys, "sentiment", "evaluate", run, "--json")
    result = json.loads(out)
    assert status == 0
    assert list(result) == ["app", "data", "split", "examples", "metrics", "signature"]
    assert (result["app"], result["data"], result["split"], result["examples"]) == (
        "sentiment",
        "builtin:opinions",
        "test",
        300,
    )
    assert set(result["metrics"]) == {"accuracy", "macro_f1", "loss"}
    assert result["metrics"]["accuracy"] > 0.95


def test_the_same_answers_from_run_saved_model_and_tflite(run, exported, capsys):
    texts = [
        "not a good film",
        "the start was dull but the end is wonderful",
        "a",
        "!!! ??? 中文",
        "x " * 300,
    ]
    answers = {}
    for name, folder in {"run": run, **exported}.items():
        out, _, status = command(capsys, "sentiment", "predict", folder, *texts, "--json")
        assert status == 0
        answers[name] = [json.loads(line) for line in out.splitlines()]
    for name, tolerance in (("saved_model", 1e-5), ("tflite", 1e-5), ("int8", 0.1)):
        for expected, found in zip(answers["run"], answers[name], strict=True):
            assert found["tokens"] == expected["tokens"]
            assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=tolerance)
            assert found["weights"] == pytest.approx(expected["weights"], abs=tolerance)


def test_predict_gives_one_object_a_line_in_the_order_of_the_input(exported, capsys, tmp_path):
    lines = ["a long and wonderful story", "bad", "", "很好看"]
    (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out, err, status = command(
        capsys, "sentiment", "predict", exported["tflite"], "--input", tmp_path / "in.txt", "--json"
    )
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [answer["text"] for answer in answers] == lines
    assert answers[2] == {"text": "", "label": None, "probabilities": None, "tokens": [], "weights": []}
    assert "1 text(s) hold no word" in err
    for answer in (answers[0], answers[1], answers[3]):
        assert sum(answer["weights"]) == pytest.approx(1, abs=1e-5) and len(answer["weights"]) == len(
            answer["tokens"]
        )
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)


@pytest.mark.parametrize("kind", ["run", "tflite"])
def test_a_text_of_a_hundred_thousand_words_is_read_so_far_and_that_is_said(kind, run, exported, capsys):
    folder = {"run": run, **exported}[kind]
    out, err, status = command(capsys, "sentiment", "predict", folder, "good " * 100_000, "--json")
    assert status == 0 and len(json.loads(out)["weights"]) == 10_000
    assert "1 text(s) are read up to 10,000 tokens" in err


def test_evaluate_takes_an_exported_folder_and_a_file(exported, capsys, tmp_path):
    examples = load_data("builtin:opinions", split="test")
    rows = [f"{text}\t{label}" for text, label in zip(examples["text"], examples["label"], strict=True)]
    (tmp_path / "test.tsv").write_text("\n".join(rows), encoding="utf-8")
    out, _, status = command(
        capsys, "sentiment", "evaluate", exported["int8"], "--test", tmp_path / "test.tsv", "--json"
    )
    assert status == 0 and json.loads(out)["metrics"]["accuracy"] > 0.95


def test_inspect_writes_a_page_and_a_picture(run, capsys, tmp_path):
    for name in ("look.html", "look.png"):
        _, _, status = command(
            capsys, "sentiment", "inspect", run, "a wonderful film", "--output", tmp_path / name
        )
        assert status == 0 and (tmp_path / name).stat().st_size > 1000
    assert "wonderful" in (tmp_path / "look.html").read_text(encoding="utf-8")


def test_training_goes_on_exactly_where_it_was_interrupted(tmp_path):
    from keras_seq.application import verbs

    given = {**TINY, "batch_size": 250}
    verbs.train(Sentiment, run=str(tmp_path / "whole"), preset="toy", changes=given)
    interrupted = tmp_path / "interrupted"
    with terminated(ProgressLine, "on_train_batch_end", 11, "1 epoch and 3 steps of the next"):
        verbs.train(Sentiment, run=str(interrupted), preset="toy", changes=given)
    # In a fresh process, as a person would.
    arguments = ["sentiment", "train", "--run", str(interrupted), "--resume"]
    done = subprocess.run([sys.executable, "-m", "keras_seq.cli", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ends_of(interrupted) == ends_of(tmp_path / "whole")


def test_one_seed_one_model_another_seed_another():
    examples = load_data("builtin:opinions", split="validation")

    def weights(seed):
        app = Sentiment("toy", **{**TINY, "epochs": 1, "seed": seed})
        app.fit(examples["text"], examples["label"], verbose=0)
        return np.concatenate([each.ravel() for each in app.model.get_weights()])

    first, again, other = weights(1), weights(1), weights(2)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_the_python_way_with_chinese_and_three_classes(tmp_path):
    texts = ["很好看的电影", "太无聊了", "一般般吧"] * 40
    labels = ["好", "坏", "中"] * 40
    app = Sentiment("toy", attention="scaled_dot", epochs=8, patience=8)
    history = app.fit(texts, labels, validation_data=(texts, labels), verbose=0)
    assert app.evaluate(texts, labels)["accuracy"] == 1.0
    assert len(history.epoch) <= 8
    answer = app.predict(["很好看"])[0]
    assert answer["label"] == "好" and answer["tokens"] == ["很", "好", "看"]
    assert "很" in app.inspect("很好看")._repr_html_()
    app.save(tmp_path / "run")
    again = Sentiment.load(tmp_path / "run")
    assert again.predict(["很好看"])[0]["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-6)
    assert again.settings == app.settings and again.labels == app.labels


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling": "mean"},
        {"pooling": "max", "cell": "gru"},
        {"pooling": "last", "cell": "simple", "bidirectional": False},
        {"num_layers": 2, "residual": True, "label_smoothing": 0.1, "averaging": 0.9},
        {"num_layers": 0, "static_shapes": True},
        {"num_layers": 0, "tokenizer": "characters", "pooling": "attention+max"},
        {"ngrams": 2, "ngram_slots": 10_007, "embeddings": "counted", "train_embeddings": False},
    ],
)
def test_every_kind_of_model_trains_and_answers(settings):
    examples = load_data("builtin:opinions", split="validation")
    app = Sentiment("toy", **{**TINY, "epochs": 1, **settings})
    app.fit(
        examples["text"][:64],
        examples["label"][:64],
        validation_data=(examples["text"][64:96], examples["label"][64:96]),
        verbose=0,
    )
    answer = app.predict(["a fine film"])[0]
    assert (answer["weights"] is None) == (
        settings.get("pooling", "attention") not in ("attention", "attention+max")
    )
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Sentiment("tiny"), "no preset 'tiny'. Known: "),
        (lambda: Sentiment(unit=3), "no setting 'unit'. Known: 'units'"),
        (lambda: Sentiment("toy").predict(["x"]), "fit first"),
        (lambda: Sentiment("toy").fit(["a"]), "Expected text and label, one list each"),
        (lambda: Sentiment("toy").fit("a film", ["pos"]), "Expected a list of texts"),
        (lambda: Sentiment("toy").fit(["a", "b"], ["pos"]), "Every example needs all of text and label"),
        (lambda: Sentiment("toy").fit(["a", "b"], ["pos", "pos"]), "class"),
    ],
)
def test_wrong_use_in_python_is_explained(call, said):
    with pytest.raises(InputError) as caught:
        call()
    assert said in str(caught.value)


def test_word_vectors_from_a_file_are_where_training_begins(tmp_path):
    (tmp_path / "glove.txt").write_text("a 1 2 3 4 5\nfilm 6 7 8 9 10\nunheard 0 0 0 0 0\n")
    app = Sentiment("toy", embeddings=str(tmp_path / "glove.txt"))
    examples = app.examples(["a film", "a book"], ["pos", "neg"])
    app.prepare(examples)
    embeddings = app.build_model(*app.encode(examples)).get_layer("embedding").embeddings.numpy()
    ids = app.text_encoder.encode("a film book")
    np.testing.assert_allclose(embeddings[ids[:2]], [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])
    assert app.settings.embedding_dim == 5 and np.abs(embeddings[ids[2]]).max() < 0.1


def test_static_shapes_count_no_filler_and_the_metric_is_the_same(tmp_path):
    examples = load_data("builtin:opinions", split="validation")
    given = examples["text"][:70], examples["label"][:70]
    app = Sentiment("toy", **{**TINY, "num_layers": 0, "epochs": 1, "static_shapes": True})
    history = app.fit(*given, validation_data=given, verbose=0)
    assert history.history["val_accuracy"][-1] == pytest.approx(app.evaluate(*given)["accuracy"], abs=1e-6)


def test_without_validation_the_averaged_weights_are_kept():
    examples = load_data("builtin:opinions", split="validation")
    weights = {}
    for momentum in (0.0, 0.9):
        app = Sentiment("toy", **{**TINY, "num_layers": 0, "epochs": 1, "averaging": momentum})
        app.fit(examples["text"], examples["label"], verbose=0)
        weights[momentum] = np.concatenate([each.ravel() for each in app.model.get_weights()])
    assert np.abs(weights[0.0] - weights[0.9]).max() > 1e-3


def test_ngrams_go_to_the_phone_too_and_numbers_may_be_labels(tmp_path):
    examples = load_data("builtin:opinions", split="validation")
    labels = [int(label == "pos") for label in examples["label"]]
    app = Sentiment("toy", **{**TINY, "epochs": 1, "ngrams": 2, "ngram_slots": 997, "embeddings": "counted"})
    app.fit(examples["text"], np.array(labels), verbose=0)
    report = app.export(tmp_path / "lite", format="tflite")
    assert max(report.parity.differences.values()) < 1e-5
    answer = Sentiment.load(tmp_path / "lite").predict(["a good film"])[0]
    assert set(answer["probabilities"]) == {"0", "1"}


def test_unlabelled_texts_teach_the_ngrams(monkeypatch):
    few, many = (load_data("builtin:opinions", split=split) for split in ("validation", "train"))
    monkeypatch.setattr("keras_seq.data.splits", lambda *_, **__: ("train", "unlabelled"))
    monkeypatch.setattr(
        "keras_seq.data.load_data",
        lambda name, task, split, **_: Examples({"text": many["text"]}, name, split),
    )
    tables = {}
    for unlabelled in (False, True):
        app = Sentiment("toy", ngrams=1, ngram_slots=997, unlabelled=unlabelled, data="of both kinds")
        app.prepare(few)
        layer = app.build_model(*app.encode(few)).get_layer("ngrams")
        tables[unlabelled] = layer.table.numpy()
    assert (tables[True] != tables[False]).any()


def test_unlabelled_texts_that_nobody_named_are_asked_for():
    app = Sentiment("toy", ngrams=1, unlabelled=True)
    with pytest.raises(InputError, match="data=None"):
        app.fit(["a good film", "a bad film"], ["pos", "neg"], verbose=0)
