import itertools
import random as python_random
import sys

import pytest

from keras_seq.errors import InputError
from keras_seq.metrics import confusion, tag_report, tagging_scores
from keras_seq.text.tag_schemes import convert, is_legal, repair, spans

pytest.importorskip("seqeval")

TAGS = ["O", "O", "B-地点", "I-地点", "B-date", "I-date"]


@pytest.fixture(scope="module")
def answered():
    """True tags in IOB2, and predictions that are often the same and not always legal."""
    draw = python_random.Random(4)
    true = [repair([draw.choice(TAGS) for _ in range(draw.randrange(12))], "IOB2") for _ in range(60)]
    predicted = [[tag if draw.random() < 0.8 else draw.choice(TAGS) for tag in tags] for tags in true]
    assert any(not is_legal(tags, "IOB2") for tags in predicted)
    return true, predicted


def strict_spans(tags):
    """Spans that begin with their B, by hand."""
    return {span for span in spans(tags) if tags[span[0]][0] == "B"}


def test_scores_equal_counting(answered):
    true, predicted = answered
    intents = ["book" if len(tags) % 2 else "ask" for tags in true]
    guessed = ["book"] * len(true)
    scores = tagging_scores(true, predicted, intents, guessed)
    words = hits = right = found = said = sentences = 0
    for one, other, intent in zip(true, predicted, intents, strict=True):
        words += len(one)
        hits += sum(a == b for a, b in zip(one, other, strict=True))
        right += len(strict_spans(one) & strict_spans(other))
        said += len(strict_spans(one))
        found += len(strict_spans(other))
        sentences += one == other and intent == "book"
    assert scores == pytest.approx(
        {
            "token_accuracy": hits / words,
            "span_f1": 2 * right / (said + found),
            "intent_accuracy": intents.count("book") / len(intents),
            "sentence_accuracy": sentences / len(true),
        }
    )
    assert all(type(score) is float for score in scores.values())


@pytest.mark.parametrize("scheme", ["IOB1", "IOBES", "BILOU"])
def test_legal_tags_score_the_same_in_every_scheme(answered, scheme):
    true, predicted = answered
    predicted = [repair(tags, "IOB2") for tags in predicted]
    expected = tagging_scores(true, predicted)["span_f1"]
    converted = [[convert(tags, "IOB2", scheme) for tags in side] for side in (true, predicted)]
    assert tagging_scores(*converted)["span_f1"] == expected
    assert tagging_scores(*converted, scheme=scheme)["span_f1"] == expected
    assert tag_report(*converted) == tag_report(true, predicted)


def test_the_report_of_spans_equals_counting(answered):
    true, predicted = answered
    rows = tag_report(true, predicted)
    assert [row["label"] for row in rows] == ["date", "地点"]
    for row in rows:
        sides = [
            {
                (n, *span)
                for n, tags in enumerate(side)
                for span in strict_spans(tags)
                if span[2] == row["label"]
            }
            for side in (true, predicted)
        ]
        right = len(sides[0] & sides[1])
        assert row == {
            "label": row["label"],
            "precision": pytest.approx(right / len(sides[1])),
            "recall": pytest.approx(right / len(sides[0])),
            "f1": pytest.approx(
                2 * right / len(sides[0] | sides[1]) / (1 + right / len(sides[0] | sides[1]))
            ),
            "count": len(sides[0]),
        }


def test_the_report_and_the_confusion_of_plain_tags_are_those_of_scikit_learn():
    judge = pytest.importorskip("sklearn.metrics")
    draw = python_random.Random(5)
    names = ["NOUN", "VERB", "ADJ", "X"]
    true = [[draw.choice(names[:3]) for _ in range(9)] for _ in range(5)]
    predicted = [[draw.choice(names) for _ in range(9)] for _ in range(5)]
    flat = [list(itertools.chain(*side)) for side in (true, predicted)]
    assert "span_f1" not in tagging_scores(true, predicted)
    labels = sorted(names)
    columns = judge.precision_recall_fscore_support(*flat, labels=labels, zero_division=0)
    for row, *expected in zip(tag_report(true, predicted), labels, *columns, strict=True):
        assert list(row.values()) == pytest.approx(expected)
    found = confusion(*flat)
    assert found["labels"] == labels
    assert found["counts"] == judge.confusion_matrix(*flat, labels=labels).tolist()


def test_where_there_are_no_spans_nothing_was_missed():
    scores = tagging_scores([["O", "O"], []], [["O", "O"], []])
    assert scores == {"token_accuracy": 1.0, "span_f1": 1.0, "sentence_accuracy": 1.0}
    assert tagging_scores([["O"]], [["B-x"]])["span_f1"] == 0.0
    assert tagging_scores([["B-x"]], [["O"]])["span_f1"] == 0.0
    assert tagging_scores([["O"]], [["S-x"]])["span_f1"] == 0.0  # the true tags alone look like IOB2


def test_a_label_may_be_called_as_seqeval_calls_its_averages():
    assert [row["label"] for row in tag_report([["B-moving avg"]], [["O"]])] == ["moving avg"]


def test_errors_are_told(monkeypatch):
    with pytest.raises(ValueError, match="Received: 2 true and 1 predicted ones in sentence 1"):
        tagging_scores([["O"], ["O", "O"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="Received: 1 sentences with true tags and 2 with predicted"):
        tagging_scores([["O"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="there is no word with a tag"):
        tagging_scores([[]], [[]])
    with pytest.raises(ValueError, match="Received: 1 sentences, 1 true intents and no predicted ones"):
        tagging_scores([["O"]], [["O"]], ["ask"])
    with pytest.raises(ValueError, match="Received: 2 true and 1 predicted ones"):
        confusion(["a", "b"], ["a"])
    with pytest.raises(InputError, match="scheme IOB2, which has no 'L-x', 'NOUN'"):
        tagging_scores([["B-x", "O"]], [["L-x", "NOUN"]])
    monkeypatch.setitem(sys.modules, "seqeval", None)
    with pytest.raises(InputError, match=r"not installed.\nInstall it: pip install 'keras_seq\[tagging\]'"):
        tagging_scores([["B-x"]], [["O"]])
    assert tagging_scores([["NOUN"]], [["NOUN"]])["token_accuracy"] == 1.0  # needs none
