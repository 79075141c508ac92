"""Taggers and translators that choose, taken away: the same answers by Keras, SavedModel and TFLite."""

import pytest
from keras_seq.apps import Tagging, Translation

from keras_seq import viz
from tests.apps.conftest import command
from tests.apps.test_choosing import HARD, are_choices
from tests.apps.test_tagging import TINY as TINY_TAGGER
from tests.apps.test_tagging import bookings
from tests.apps.test_translation import SOURCES, TARGETS
from tests.apps.test_translation import TINY as TINY_TRANSLATOR

FORMATS = ["saved_model", "tflite"]
TEXTS = {
    "tagging": ["fly from New York to Oslo!", "fare to 台北", "book " * 9],
    "translation": ["two and five!", "one", "three and four and five and four!"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A tagger of two heads with an intent, and a translator, both by hard attention; as run folders."""
    room = tmp_path_factory.mktemp("choosing")
    tagger = Tagging("toy", **{**TINY_TAGGER, "heads": 2, "epochs": 1, "batch_size": 8}, **HARD)
    tagger.fit(*(column[::5] for column in bookings()), verbose=0)
    quick = {"decoding.method": "greedy", "decoding.words_per_word": 1.0, "decoding.words_besides": 2}
    translator = Translation("toy", **{**TINY_TRANSLATOR, **quick}, **HARD)
    translator.fit(SOURCES, TARGETS, verbose=0)
    for app in (tagger, translator):
        app.save(room / app.name)
    return {app.name: (app, room / app.name) for app in (tagger, translator)}


def alike(one, other):
    """Whether two answers are the same, but for the last digits of a score."""
    scores = [answer.pop("score", None) for answer in (one, other)]
    return one == other and (scores[0] is None or scores[1] == pytest.approx(scores[0], abs=1e-3))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_exported_chooses_answers_and_shows_what_the_run_does(name, form, runs, tmp_path, capsys):
    app, run = runs[name]
    expected = app.predict(TEXTS[name])
    assert all(are_choices(answer["weights"]) for answer in expected)
    _, err, status = command(capsys, name, "export", run, "--format", form, "--output", tmp_path / "out")
    assert status == 0, err
    exported = type(app).load(tmp_path / "out")
    found = exported.predict(TEXTS[name])
    pages = [
        viz.page(list(map(each.view, answers))) for each, answers in ((app, expected), (exported, found))
    ]
    assert pages[0] == pages[1] and "framed: " in pages[0]
    for one, other in zip(expected, found, strict=True):
        assert alike(one, other)


def test_a_word_of_a_tagger_shows_which_words_its_heads_chose(runs):
    app, _ = runs["tagging"]
    view = app.inspect("fly from New York to Oslo", token=2)
    weights = view.attention.weights
    chosen = [piece.text for piece in view.attention.pieces() if piece.chosen]
    assert 1 <= len(chosen) <= 2 == app.settings.heads and len(chosen) == sum(
        weight > 0 for weight in weights
    )
    assert view.question == "What New chose"
