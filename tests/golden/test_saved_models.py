"""The models that come with the repository keep loading and keep answering as on the day they came."""

import json
from pathlib import Path

import pytest
import yaml

from keras_seq import apps
from keras_seq.export import verify
from tests.apps.conftest import without_tensorflow

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (ROOT / "saved_models").iterdir() if path.is_dir())
ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))

# The share of the texts that may have another answer: one of twenty tags of a sentence may have been close,
# and two translations as good.
TIPPED = {"sentiment": 0.0, "tagging": 0.2, "translation": 0.3}
MOST_BYTES = {"sentiment": 1_000_000, "tagging": 1_000_000, "translation": 10_000_000}

every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def config_of(folder):
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def app_of(folder):
    return getattr(apps, apps.APPS[config_of(folder)["app"]])


def close(one, other):
    """Whether an answer is as it was; int8 rounds otherwise on another processor."""
    if isinstance(one, float):
        return other == pytest.approx(one, abs=0.02)
    if isinstance(one, dict):
        return one.keys() <= other.keys() and all(close(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return one == other


def test_every_model_has_answers_to_keep():
    assert FOLDERS and {folder.name for folder in FOLDERS} == set(ANSWERS)


def read_of(answer):
    """The tokens of the text."""
    return answer.get("source_tokens", answer["tokens"])


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def test_all_models_together_are_less_than_20_mb():
    assert sum(map(size_of, FOLDERS)) < 20_000_000


@every_folder
def test_a_model_answers_as_it_did(folder):
    verify(folder)
    expected = ANSWERS[folder.name]
    found = app_of(folder).load(folder).predict([each["text"] for each in expected])
    for one, other in zip(expected, found, strict=True):
        assert read_of(other) == read_of(one)
    changed = [one["text"] for one, other in zip(expected, found, strict=True) if not close(one, other)]
    assert len(changed) <= len(expected) * TIPPED[app_of(folder).name], changed


@every_folder
def test_a_model_is_small_and_has_its_card(folder):
    assert size_of(folder) <= MOST_BYTES[app_of(folder).name]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "## Scores" in card and (config_of(folder)["data"] or config_of(folder)["train"]) in card


@every_folder
def test_predict_needs_neither_tensorflow_nor_keras(folder):
    one = ANSWERS[folder.name][0]
    found = json.loads(without_tensorflow(app_of(folder).name, "predict", folder, one["text"], "--json"))
    assert found.keys() >= one.keys() and read_of(found) == read_of(one)
    assert not [name for name in ("label", "intent") if one.get(name) != found.get(name)]
