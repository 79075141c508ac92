"""Hard attention in the apps: one setting, and they train, answer, show what they chose, and are exported."""

import json

import numpy as np
import pytest
from keras_seq.apps import Sentiment, Tagging, Translation

from keras_seq.data import pad
from keras_seq.errors import InputError
from keras_seq.models import attention_choices
from tests.apps.conftest import command

HARD = {"attention.selection": "hard"}
TEXTS = ["a good film", "a bad film", "really good", "really bad and long"] * 4
LABELS = ["pos", "neg"] * 8


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


def test_a_translator_chooses_a_word_at_each_step():
    sources, targets = ["one and two", "two and one"] * 4, ["un et deux", "deux et un"] * 4
    tiny = {"embedding_dim": 8, "units": 8, "epochs": 1, "batch_size": 8, "tokenizer": "words"}
    app = Translation("toy", **tiny, **HARD, **{"reinforce.samples": 2})
    app.fit(sources, targets, verbose=0)
    inputs, _ = app.encode(app.examples(sources, targets))
    (choice,) = attention_choices(app.model, {name: pad(ids) for name, ids in inputs.items()}).values()
    assert choice.in_order and are_choices(choice.chosen)


def test_a_tagger_chooses_in_every_head_and_for_the_intent():
    tokens = [["book", "a", "flight", "to", "Paris"], ["cancel", "it"]] * 4
    tags = [["O", "O", "O", "O", "B-city"], ["O", "O"]] * 4
    app = Tagging("toy", heads=2, epochs=1, **HARD, **{"reinforce.estimator": "straight_through"})
    app.fit(tokens, tags, ["book", "cancel"] * 4, verbose=0)
    answer = app.predict(["book it"])[0]
    assert are_choices(answer["weights"])
    assert set(app.looked_from(answer, 1)["weights"]) <= {0, 0.5, 1}  # the mean of two heads


def test_several_words_are_chosen_where_that_is_asked():
    app = Sentiment("toy", epochs=1, **HARD, **{"attention.words": 2})
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
