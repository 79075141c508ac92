import math

import numpy as np
import pytest

from keras_seq.metrics import (
    chosen_words,
    faithfulness,
    faithfulness_curve,
    heaviest_words,
    random_words,
)

SIZES = (7, 1, 12, 0, 3, 20)


def by_order(texts):
    """Probabilities of three classes that depend on every word and on their order."""
    rows = []
    for text in texts:
        scores = [0.1, 0.0, -0.1]
        for place, word in enumerate(text):
            scores[word % 3] += (1 + word % 5) / (2 + place)
        rows.append([math.exp(score) / sum(map(math.exp, scores)) for score in scores])
    return np.array(rows)


@pytest.fixture
def data():
    random = np.random.default_rng(3)
    texts = [random.integers(0, 50, size).tolist() for size in SIZES]
    weights = [random.dirichlet(np.ones(size)).tolist() if size else [] for size in SIZES]
    return texts, weights, random.integers(0, 3, len(SIZES)).tolist()


def by_a_dull_loop(texts, places, labels):
    """Text by text, word by word; a text without a word is passed over."""
    totals, count = dict.fromkeys(("words", "share", "comp", "suff", "right", "kept", "removed"), 0.0), 0
    for text, own, label in zip(texts, places, labels, strict=True):
        if not text:
            continue
        count += 1
        inside, outside = [], []
        for place in range(len(text)):
            (inside if place in own else outside).append(text[place])
        whole, alone, without = (by_order([each])[0] for each in (text, inside, outside))
        answer = max(range(3), key=lambda c, p=whole: p[c])
        totals["words"] += len(inside)
        totals["share"] += len(inside) / len(text)
        totals["comp"] += whole[answer] - without[answer]
        totals["suff"] += whole[answer] - alone[answer]
        totals["right"] += answer == label
        totals["kept"] += max(range(3), key=lambda c, p=alone: p[c]) == label
        totals["removed"] += max(range(3), key=lambda c, p=without: p[c]) == label
    return [total / count for total in totals.values()]


@pytest.mark.parametrize("amount", [0.05, 0.3, 1, 4])
def test_scores_equal_a_dull_loop(data, amount):
    texts, weights, labels = data
    places = heaviest_words(weights, amount)
    scores = faithfulness(by_order, texts, places, labels)
    assert list(scores.values()) == pytest.approx(by_a_dull_loop(texts, places, labels))
    assert 0 < scores["share"] < 1 and scores["comprehensiveness"] != scores["sufficiency"]
    assert scores == faithfulness(by_order, texts, [own[::-1] for own in places], labels, by_order(texts))
    without_labels = faithfulness(by_order, texts, places)
    assert without_labels == {name: scores[name] for name in without_labels} and len(without_labels) == 4


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([1], (0.6, 0.0)),  # the word that decides
        ([0], (0.0, 0.6)),  # another
        ([], (0.0, 0.6)),
        ([0, 1, 2], (0.6, 0.0)),
    ],
)
def test_one_word_decides(places, expected):
    def predict(texts):
        return np.array([[0.2, 0.8] if "superb" in text else [0.8, 0.2] for text in texts])

    scores = faithfulness(predict, [["a", "superb", "film"]], [places], [1])
    assert (scores["comprehensiveness"], scores["sufficiency"]) == pytest.approx(expected)
    assert [scores["accuracy_removed"], scores["accuracy_kept"]] == [change == 0 for change in expected]


def test_the_answer_is_what_the_model_says_and_not_what_is_true():
    def predict(texts):
        return np.array([[0.3, 0.7] if text else [0.9, 0.1] for text in texts])

    scores = faithfulness(predict, [["a", "b"]], [[0, 1]], labels=[0])
    assert scores["comprehensiveness"] == pytest.approx(0.7 - 0.1)
    assert (scores["accuracy"], scores["accuracy_kept"], scores["accuracy_removed"]) == (0, 0, 1)


def test_the_heaviest_words_are_as_many_as_asked_for_and_in_order():
    for size in range(1, 30):
        weights = np.random.default_rng(size).permutation(size).tolist()
        for fraction in (0.05, 0.1, 0.25, 0.5, 0.99):
            (places,) = heaviest_words([weights], fraction)
            assert len(places) == max(1, math.floor(fraction * size + 0.5))
            assert places == sorted(places)
            assert sorted(weights[place] for place in places) == sorted(weights)[-len(places) :]
    assert heaviest_words([[0.2, 0.4, 0.4], [1.0], []], 2) == [[1, 2], [0], []]
    assert heaviest_words([[0.25] * 4], 2) == [[0, 1]]
    assert chosen_words([[0.0, 1.0, 0.0], []]) == [[1], []]


def test_random_words_are_as_many_all_different_and_equally_likely():
    texts, places = [["a"] * 5, ["b"], []], [[0, 1], [0], []]
    drawn = [random_words(texts, places, seed) for seed in range(3000)]
    assert all([len(set(own)) for own in each] == [2, 1, 0] for each in drawn)
    counts = np.bincount(np.ravel([each[0] for each in drawn]), minlength=5) / 3000
    assert len(counts) == 5 and np.abs(counts - 0.4).max() < 0.05  # more than five standard errors
    assert drawn[7] == random_words(texts, places, 7) and drawn[7] != drawn[8] != drawn[9]


def test_a_curve_has_each_amount_beside_the_mean_of_random_draws(data):
    texts, weights, labels = data
    chosen = [[float(place == 0) for place in range(size)] for size in SIZES]
    for given, amounts in ((weights, [0.1, 0.5, 2]), (chosen, [None])):
        rows = faithfulness_curve(by_order, texts, given, labels, amounts, draws=2, seed=5)
        assert [row["amount"] for row in rows] == amounts
        for number, (row, amount) in enumerate(zip(rows, amounts, strict=True)):
            places = chosen_words(given) if amount is None else heaviest_words(given, amount)
            assert row["attention"] == faithfulness(by_order, texts, places, labels)
            draws = [
                faithfulness(by_order, texts, random_words(texts, places, (5, number, draw)), labels)
                for draw in (0, 1)
            ]
            assert row["random"]["words"] == row["attention"]["words"]
            for name, value in row["random"].items():
                assert value == pytest.approx((draws[0][name] + draws[1][name]) / 2)
            assert row["random"] != row["attention"]


@pytest.mark.parametrize("amount", [0, -1, 1.5, -0.1])
def test_an_amount_that_is_none_is_refused(amount):
    with pytest.raises(ValueError, match=rf"whole number of words.*amount={amount}"):
        heaviest_words([[1.0]], amount)


@pytest.mark.parametrize(
    ("texts", "places", "labels", "said"),
    [
        ([["a"], ["b"]], [[0]], None, "Received: {'texts': 2, 'places': 1}"),
        ([["a"]], [[0]], [1, 2], "'labels': 2"),
        ([[], []], [[], []], None, "no text with a token"),
        ([["a"], ["b"]], [[0], [1]], None, "Received: 1 in text 1, which has 1"),
        ([["a"]], [[-1]], None, "Received: -1 in text 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(texts, places, labels, said):
    with pytest.raises(ValueError, match=said):
        faithfulness(by_order, texts, places, labels)
