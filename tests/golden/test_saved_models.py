"""The models that come with the repository keep loading and keep answering as on the day they came."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from keras_seq.apps import Sentiment

from keras_seq.export import verify

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (ROOT / "saved_models").iterdir() if path.is_dir())
ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))

# A process in which TensorFlow and Keras cannot be imported runs the command itself.
WITHOUT_TENSORFLOW = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Refuse())
from keras_seq.cli import main
main(sys.argv[1:])
"""


def test_every_model_has_answers_to_keep():
    assert FOLDERS and {folder.name for folder in FOLDERS} == set(ANSWERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_model_answers_as_it_did(folder):
    verify(folder)
    expected = ANSWERS[folder.name]
    found = Sentiment.load(folder).predict([each["text"] for each in expected])
    for one, other in zip(expected, found, strict=True):
        assert other["label"] == one["label"] and other["tokens"] == one["tokens"]
        assert other["probabilities"] == pytest.approx(one["probabilities"], abs=0.02)  # int8, any processor
        assert other["weights"] == pytest.approx(one["weights"], abs=0.02)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_model_is_small_and_has_its_card(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 1_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "## Scores" in card and "tfds:imdb_reviews" in card


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_predict_needs_neither_tensorflow_nor_keras(folder):
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT_TENSORFLOW,
            "sentiment",
            "predict",
            str(folder),
            "a wonderful film",
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["label"] == "pos"
