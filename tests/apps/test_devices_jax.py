"""JAX trains every app from the same data; TensorFlow takes the run from there. In fresh processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras_seq.apps import Sentiment, Tagging, Translation

from tests.fresh_process import jax_in_haste

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jax")
    done = subprocess.run(
        [sys.executable, "-m", "tests.apps.small_trainings_by_jax", str(folder)],
        cwd=ROOT,
        env={**os.environ, **jax_in_haste()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Training on one CPU by JAX; TensorBoard" in done.stderr
    return folder


def said_of(folder, kind):
    return json.loads((folder / f"{kind.name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", [Sentiment, Tagging, Translation])
def test_a_training_by_jax_goes_on_exactly_within_an_epoch(folder, kind):
    assert said_of(folder, kind)["resumed alike"]


@pytest.mark.parametrize("kind", [Sentiment, Tagging, Translation])
def test_a_run_of_jax_answers_the_same_by_tensorflow(folder, kind):
    said = said_of(folder, kind)
    assert "Export the run with KERAS_BACKEND=tensorflow" in said["refused"]
    app = kind.load(folder / kind.name)
    app.export(folder / f"{kind.name}-lite", format="tflite")  # which compares it with the model
    for one in (app, kind.load(folder / f"{kind.name}-lite")):
        for answer, expected in zip(one.predict(["good hot down", "old"]), said["answers"], strict=True):
            assert answer.keys() == expected.keys()
            for key, value in expected.items():
                if key == "probabilities":
                    assert answer[key] == pytest.approx(value, abs=1e-5)
                elif key in ("weights", "score") and value is not None:
                    np.testing.assert_allclose(answer[key], value, atol=1e-5)
                else:
                    assert answer[key] == value, key


def test_a_run_of_jax_is_served_as_saved_model(folder):
    app = Sentiment.load(folder / "sentiment")
    app.export(folder / "served", format="saved_model")
    expected = said_of(folder, Sentiment)["answers"]
    for one, other in zip(
        Sentiment.load(folder / "served").predict(["good hot down", "old"]), expected, strict=True
    ):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
