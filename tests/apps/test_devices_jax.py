"""JAX trains every app from the same data; TensorFlow takes the run from there. In fresh processes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from keras_seq.apps import Sentiment, Tagging, Translation

from tests.apps.conftest import ROOT, in_graphs
from tests.apps.small_trainings_by_jax import TEXTS
from tests.fresh_process import jax_in_haste


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


def require_answers_of_jax(folder, app):
    for answer, expected in zip(app.predict(TEXTS), said_of(folder, type(app))["answers"], strict=True):
        assert answer.keys() == expected.keys()
        for key, value in expected.items():
            if key == "probabilities":
                assert answer[key] == pytest.approx(value, abs=1e-5)
            elif key in ("weights", "score") and value is not None:
                np.testing.assert_allclose(answer[key], value, atol=1e-5)
            else:
                assert answer[key] == value, key


@pytest.mark.parametrize("kind", [Sentiment, Tagging, Translation])
def test_a_run_of_jax_answers_the_same_by_tensorflow_and_in_its_graphs(folder, kind):
    app = kind.load(folder / kind.name)
    require_answers_of_jax(folder, app)
    require_answers_of_jax(folder, in_graphs(app)[0])


@pytest.mark.parametrize("kind", [Sentiment, Tagging, Translation])
def test_jax_exports_nothing(folder, kind):
    assert "Export the run with KERAS_BACKEND=tensorflow" in said_of(folder, kind)["refused"]


@pytest.mark.parametrize("form", ["tflite", "saved_model"])
def test_a_run_of_jax_is_exported_by_tensorflow(folder, form):
    Sentiment.load(folder / "sentiment").export(
        folder / form, format=form
    )  # which compares it with the model
    require_answers_of_jax(folder, Sentiment.load(folder / form))
