import numpy as np
import pytest

from keras_seq.metrics import classification_scores


def by_counting(answers, labels):
    """Accuracy and macro F1 with loops."""
    f1 = []
    for label in sorted(set(answers) | set(labels)):
        tp = sum(a == label and t == label for a, t in zip(answers, labels, strict=True))
        fp = sum(a == label and t != label for a, t in zip(answers, labels, strict=True))
        fn = sum(a != label and t == label for a, t in zip(answers, labels, strict=True))
        f1.append(2 * tp / (2 * tp + fp + fn))
    accuracy = sum(a == t for a, t in zip(answers, labels, strict=True)) / len(labels)
    return accuracy, sum(f1) / len(f1)


@pytest.fixture(params=[2, 5])
def answered(request):
    random = np.random.default_rng(request.param)
    probabilities = random.dirichlet(np.ones(request.param), size=60)
    return probabilities, random.integers(0, request.param, 60)


def test_scores_equal_counting(answered):
    probabilities, labels = answered
    scores = classification_scores(probabilities, labels)
    accuracy, f1 = by_counting(probabilities.argmax(1).tolist(), labels.tolist())
    loss = sum(-np.log(p[t]) for p, t in zip(probabilities, labels, strict=True)) / len(labels)
    assert scores == pytest.approx({"accuracy": accuracy, "macro_f1": f1, "loss": loss})


def test_scores_equal_those_of_scikit_learn(answered):
    judge = pytest.importorskip("sklearn.metrics")
    probabilities, labels = answered
    scores = classification_scores(probabilities, labels)
    answers = probabilities.argmax(1)
    assert scores["macro_f1"] == pytest.approx(judge.f1_score(labels, answers, average="macro"))
    assert scores["accuracy"] == pytest.approx(judge.accuracy_score(labels, answers))
    assert scores["loss"] == pytest.approx(
        judge.log_loss(labels, probabilities, labels=range(probabilities.shape[1]))
    )


def test_a_probability_of_zero_costs_much_but_not_infinitely_much():
    assert np.isfinite(classification_scores([[1.0, 0.0]], [1])["loss"])
