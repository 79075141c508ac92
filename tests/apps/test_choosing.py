"""Hard attention in the apps: one setting, and they train, answer, show what they chose, and are exported."""

import json

import numpy as np
import pytest
import tensorflow as tf
from keras_seq.apps import Sentiment, Tagging, Translation

from keras_seq import viz
from keras_seq.data import pad
from keras_seq.errors import InputError
from keras_seq.models import attention_choices
from tests.apps.conftest import command, in_graphs
from tests.apps.test_tagging import TINY as TINY_TAGGER
from tests.apps.test_tagging import bookings
from tests.apps.test_translation import SOURCES, TARGETS
from tests.apps.test_translation import TINY as TINY_TRANSLATOR

HARD = {"attention.selection": "hard"}
TEXTS = ["a good film", "a bad film", "really good", "really bad and long"] * 4
LABELS = ["pos", "neg"] * 8
TO_TELL = {
    "tagging": ["fly from New York to Oslo!", "fare to 台北", "book " * 9],
    "translation": ["two and five!", "one", "three and four and five and four!"],
}


def are_choices(weights, words=1):
    """Whether of every row so many are chosen, each as much as the others, and the rest are zeros."""
    weights = np.asarray(weights)
    return ((weights == 0) | np.isclose(weights, 1 / words)).all() and (
        (weights > 0).sum(axis=-1) == words
    ).all()


def test_sentiment_from_the_command_to_the_phone(tmp_path, capsys):
    train, run = tmp_path / "train.tsv", tmp_path / "run"
    rows = "".join(f"{text}\t{label}\n" for text, label in zip(TEXTS, LABELS, strict=True))
    train.write_text(rows, encoding="utf-8")
    given = ["--train", train, "--valid", train, "--preset", "toy", "--epochs", 2, "--run", run]
    given += ["--set", "num_layers=0"]  # without a recurrence a training is traced in a moment
    learning = {"reinforce.estimator": "reinforce", "reinforce.baseline": "learned"}
    for setting in (f"{name}={value}" for name, value in {**HARD, **learning}.items()):
        given += ["--set", setting]
    _, err, status = command(capsys, "sentiment", "train", *given)
    assert status == 0, err
    assert any((run / "logs" / "chosen").iterdir())
    out, _, _ = command(capsys, "sentiment", "predict", run, *TEXTS[:4], "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert all(are_choices(answer["weights"]) for answer in answers)
    out, err, status = command(
        capsys, "sentiment", "export", run, "--format", "tflite", "--output", tmp_path / "lite"
    )
    assert status == 0, err
    out, _, _ = command(capsys, "sentiment", "predict", tmp_path / "lite", *TEXTS[:4], "--json")
    for line, answer in zip(out.splitlines(), answers, strict=True):
        found = json.loads(line)
        assert (found["label"], found["weights"]) == (answer["label"], answer["weights"])
        assert found["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-5)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A tagger of two heads with an intent, and a translator, both by hard attention; as run folders."""
    room = tmp_path_factory.mktemp("choosing")
    tagger = Tagging("toy", **{**TINY_TAGGER, "heads": 2, "epochs": 1, "batch_size": 8}, **HARD)
    tagger.fit(*(column[::5] for column in bookings()), verbose=0)
    quick = {"decoding.method": "greedy", "decoding.words_per_word": 1.0, "decoding.words_besides": 2}
    quick |= {"tokenizer": "words", "reinforce.samples": 2}
    translator = Translation("toy", **{**TINY_TRANSLATOR, **quick}, **HARD)
    translator.fit(SOURCES, TARGETS, verbose=0)
    for app in (tagger, translator):
        app.save(room / app.name)
    return {app.name: (app, room / app.name) for app in (tagger, translator)}


def test_a_translator_chooses_a_word_at_each_step(runs):
    app, _ = runs["translation"]
    inputs, _ = app.encode(app.examples(SOURCES, TARGETS))
    (choice,) = attention_choices(app.model, {name: pad(ids) for name, ids in inputs.items()}).values()
    assert choice.in_order and are_choices(choice.chosen)


def test_a_tagger_chooses_in_every_head_and_for_the_intent(runs):
    app, _ = runs["tagging"]
    (answer,) = app.predict(["fly from New York to Oslo"])
    assert are_choices(answer["weights"])
    assert set(app.looked_from(answer, 1)["weights"]) <= {0, 0.5, 1}  # the mean of two heads
    view = app.inspect("fly from New York to Oslo", token=2)
    chosen = [piece.text for piece in view.attention.pieces() if piece.chosen]
    assert 1 <= len(chosen) <= 2 == app.settings.heads
    assert len(chosen) == sum(weight > 0 for weight in view.attention.weights)
    assert view.question == "What New chose"


def require_alike(app, exported, texts):
    """The same answers, but for the last digits of a score, and the same picture of what was chosen."""
    expected, found = app.predict(texts), exported.predict(texts)
    assert all(are_choices(answer["weights"]) for answer in expected)
    pages = [
        viz.page(list(map(each.view, answers))) for each, answers in ((app, expected), (exported, found))
    ]
    assert pages[0] == pages[1] and "framed: " in pages[0]
    for answers in zip(expected, found, strict=True):
        one, other = (answer.pop("score", None) for answer in answers)
        assert answers[0] == answers[1] and (one is None or other == pytest.approx(one, abs=1e-3))


@pytest.mark.parametrize("name", TO_TELL)
def test_a_phone_chooses_answers_and_shows_what_the_run_does(name, runs, tmp_path, capsys):
    app, run = runs[name]
    _, err, status = command(capsys, name, "export", run, "--format", "tflite", "--output", tmp_path / "out")
    assert status == 0, err
    require_alike(app, type(app).load(tmp_path / "out"), TO_TELL[name])


@pytest.mark.parametrize(
    ("name", "signature", "output"),
    [("tagging", "serving_default", "intent"), ("translation", "explain", "translation")],
)
def test_what_a_saved_model_holds_chooses_answers_and_shows_what_the_run_does(name, signature, output, runs):
    app, _ = runs[name]
    exported, functions = in_graphs(app)
    require_alike(app, exported, TO_TELL[name])
    found = functions[signature](texts=tf.constant(TO_TELL[name]))
    expected = app.predict(TO_TELL[name])
    assert [each.decode() for each in found[output].numpy()] == [answer[output] for answer in expected]
    if "weights" in found:
        for weights, answer in zip(found["weights"].numpy(), expected, strict=True):
            rows, columns = np.shape(answer["weights"])
            np.testing.assert_array_equal(weights[:rows, :columns], answer["weights"])


def test_several_words_are_chosen_where_that_is_asked():
    learning = {"attention.words": 2, "reinforce.estimator": "straight_through"}
    app = Sentiment("toy", epochs=1, num_layers=0, **HARD, **learning)
    app.fit(TEXTS, LABELS, verbose=0)
    assert are_choices([answer["weights"] for answer in app.predict(["a good film", "a bad film"])], words=2)
    assert app.predict(["good"])[0]["weights"] == [1.0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pooling": "max"}, "Nothing in this model chooses"),
        ({"reinforce.temperature": 0.5}, "has no temperature"),
        ({"reinforce.estimator": "enumerate", "reinforce.max_positions": 2}, "max_positions=2"),
        ({"reinforce.estimator": "variational", "attention.words": 2}, "choices of one key"),
    ],
)
def test_what_cannot_choose_is_refused_before_training(settings, said):
    with pytest.raises(InputError, match=said):
        Sentiment("toy", **HARD, **settings).fit(TEXTS, LABELS, verbose=0)
