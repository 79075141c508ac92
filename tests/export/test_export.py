import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.export import (
    ClassifierPlan,
    ExportError,
    export_model,
    kind_of,
    load_labels,
    open_exported,
    verify,
)
from keras_seq.export.folder import save_labels
from keras_seq.text import TextEncoder
from tests.export.conftest import WORDS

LABELS = ["bad", "fair", "好"]
ROOT = Path(__file__).parents[2]


TEXTS = [" ".join(WORDS[start : start + 9]) for start in range(0, 180, 6)]
ANSWERS = [LABELS[number % 3] for number in range(30)]


@pytest.fixture(scope="module")
def plan_with(classifier, text_encoder):
    """A function that makes a plan, of other labels or with options."""

    def accuracy(predictor):
        found = predictor.predict([text_encoder.encode(text)[: predictor.length] for text in TEXTS])
        best = [LABELS[int(row.argmax())] for row in found["probabilities"]]
        return {"accuracy": float(np.mean(np.array(best) == ANSWERS))}

    def make(labels=LABELS, **options):
        return ClassifierPlan(classifier, text_encoder, labels, TEXTS, measure=accuracy, **options)

    return make


@pytest.fixture(scope="module")
def material(plan_with, text_encoder):
    """What every export is made from."""

    def save_parts(folder):
        text_encoder.save(folder)
        save_labels(folder, LABELS)

    return {
        "plan": plan_with(),
        "save_parts": save_parts,
        "config_text": "app: sentiment\npreset: 小\n",
        "card_facts": {"name": "A tiny model", "training": {"seed": 7}},
    }


@pytest.fixture(scope="module")
def exported(material, tmp_path_factory):
    """(folder, report) of one export."""
    folder = tmp_path_factory.mktemp("exports") / "new" / "lite"
    return folder, export_model(folder, "tflite", **material)


def python(folder, code):
    """What a program prints, run in a folder, without TensorFlow and Keras."""
    blocked = "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", blocked + code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_folder_holds_all_that_the_model_needs(exported, material):
    folder, report = exported
    names = {"README.md", "checksums.txt", "config.yaml", "labels.txt", "model.tflite"}
    assert {path.name for path in folder.iterdir()} == names | {"tokenizer.json", "vocabulary.txt"}
    assert report.files == {path.name: path.stat().st_size for path in folder.iterdir()}
    assert kind_of(folder) == "tflite"
    verify(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["lite"]  # nothing beside it


def test_the_folder_answers_as_the_model_it_came_from(exported, material, reference):
    folder = exported[0]
    assert load_labels(folder) == LABELS
    assert (folder / "config.yaml").read_text(encoding="utf-8") == material["config_text"]
    ids = [TextEncoder.load(folder).encode(text) for text in ("A good film!", "", "好电影")]
    found, expected = open_exported(folder).predict(ids), reference.predict(ids)
    for name in expected:
        for ours, theirs in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_report_and_the_card_say_what_was_measured(exported, text_encoder, reference):
    folder, report = exported
    assert max(report.parity.differences.values()) < 1e-5
    ids = [text_encoder.encode(text) for text in TEXTS]
    best = [LABELS[int(row.argmax())] for row in reference.predict(ids)["probabilities"]]
    accuracy = np.mean(np.array(best) == ANSWERS)
    assert report.scores == {"before": {"accuracy": accuracy}, "after": {"accuracy": accuracy}}
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"accuracy on labelled texts: {accuracy:.4f} in Keras, {accuracy:.4f} exported" in text
    assert "# A tiny model" in text
    assert "- seed: 7" in text
    assert "- probabilities: float32 (any, 3): one a label" in text


def test_the_snippet_of_the_card_runs_as_it_stands(exported, reference, text_encoder):
    folder, _ = exported
    (code,) = re.findall(
        r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    expected = reference.predict([text_encoder.encode("a wonderful film")])["probabilities"][0]
    label, numbers = python(folder, code).split(" ", 1)
    assert label == LABELS[int(expected.argmax())]
    np.testing.assert_allclose(np.array(numbers.strip(" []\n").split(), float), expected, atol=1e-5)


def test_an_example_with_quotes_and_braces_and_a_fixed_length_are_kept_by_the_snippet(plan_with):
    code = plan_with(length=64, example_text="it's {odd}").example("tflite")
    assert repr("it's {odd}") + ")[:64]" in code and "np.zeros((1, 64), np.int32)" in code
    assert repr("it's {odd}") in plan_with(example_text="it's {odd}").example("saved_model")


def test_an_earlier_export_is_replaced(material, plan_with, tmp_path, exported):
    target = tmp_path / "lite"
    shutil.copytree(exported[0], target)
    changed = {"config_text": "new: 1\n", "plan": plan_with(length=16)}
    export_model(target, "tflite", **{**material, **changed}, quantize="int8")
    verify(target)
    assert (target / "config.yaml").read_text() == "new: 1\n"
    assert open_exported(target).length == 16
    assert "int8 weights" in (target / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["lite"]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (ExportError("it differs"), ExportError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), InputError),
    ],
    ids=["a difference", "Ctrl-C", "a full disk"],
)
def test_a_failing_export_leaves_everything_as_it_was(
    material, tmp_path, exported, tflite, monkeypatch, failure, error
):
    target = tmp_path / "lite"
    shutil.copytree(exported[0], target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}

    def fail(*_, **__):
        raise failure

    monkeypatch.setattr("keras_seq.export.export.convert", lambda *_, **__: tflite)
    monkeypatch.setattr("keras_seq.export.plan.check_tflite", fail)
    with pytest.raises(error):
        export_model(target, "tflite", **material)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["lite"]


def test_a_folder_that_is_somebodys_own_is_left_alone(material, tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty, and not an earlier export"):
        export_model(tmp_path, "tflite", **material)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "tflight"}, "Unknown export format. Expected 'tflite'. Received: 'tflight'"),
        ({"format": "onnx"}, "Expected 'saved_model' or 'tflite'. Received: 'onnx'"),
        ({"format": "tflite", "quantize": "float61"}, "Expected 'float16'. Received: 'float61'"),
        ({"format": "saved_model", "quantize": "int8"}, "--quantize int8 goes with --format tflite only"),
        ({"format": "saved_model", "length": 64}, "--length 64 goes with --format tflite only"),
        ({"format": "tflite", "length": -1}, "at least 1 token"),
        ({"format": "tflite", "labels": ["one"]}, "at least two different labels"),
    ],
)
def test_a_wrong_option_is_answered_before_anything_is_written(
    material, plan_with, tmp_path, arguments, message
):
    of_plan = {name: value for name, value in arguments.items() if name in ("length", "labels")}
    arguments = {name: value for name, value in arguments.items() if name not in of_plan}
    with pytest.raises(InputError, match=re.escape(message)):
        export_model(tmp_path / "lite", **{**material, "plan": plan_with(**of_plan), **arguments})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_export_is_said(tmp_path):
    with pytest.raises(InputError, match="is not an exported folder"):
        open_exported(tmp_path)
