import numpy as np
import pytest
from keras import ops

from keras_seq.layers import NgramEvidence
from keras_seq.pretraining import learn_ngram_evidence

TEXTS = [[2, 3, 4], [2, 3, 3, 3], [5, 4, 2], [5, 4], [2, 3, 1], [5, 5, 4, 3]]
LABELS = np.array([1, 1, 0, 0, 1, 0])


def grams(ids, longest):
    """The different n-grams of a text, as tuples."""
    spans = ((i, i + n) for n in range(1, longest + 1) for i in range(len(ids) - n + 1))
    return {tuple(ids[a:b]) for a, b in spans if min(ids[a:b]) > 1}


def by_gradient_descent(texts, is_label, longest, minimum_texts, penalty):
    """The same optimum, found the slow way on a dense matrix: {n-gram: weight}, bias."""
    sets = [grams(ids, longest) for ids in texts]
    kept = sorted(g for g in set.union(*sets) if sum(g in each for each in sets) >= minimum_texts)
    x = np.array([[g in each for g in kept] for each in sets], float)
    for_it, against = 1 + x[is_label].sum(0), 1 + x[~is_label].sum(0)
    ratio = np.log(for_it / for_it.sum()) - np.log(against / against.sum())
    w, b, y = np.zeros(len(kept)), 0.0, is_label.astype(float)
    for _ in range(60_000):
        error = 1 / (1 + np.exp(-(x * ratio @ w + b))) - y
        w -= 0.05 * ((x * ratio).T @ error + penalty * w)
        b -= 0.05 * error.sum()
    return dict(zip(kept, ratio * w, strict=True)), b


@pytest.mark.parametrize(("longest", "minimum_texts", "penalty"), [(1, 1, 0.5), (3, 2, 1.0)])
def test_the_table_is_the_optimum_that_slow_descent_finds(longest, minimum_texts, penalty):
    options = {"longest": longest, "slots": 9_973, "minimum_texts": minimum_texts, "penalty": penalty}
    table = learn_ngram_evidence(TEXTS, LABELS, 2, **options)
    expected, bias = by_gradient_descent(TEXTS, LABELS == 1, longest, minimum_texts, penalty)
    assert len(table.slots) == len(expected)
    layer = NgramEvidence(2, longest, 9_973)
    layer.build((None, None))
    layer.set_evidence(*table)
    for text in (*TEXTS, [3, 3, 2, 9, 4]):
        logits = ops.convert_to_numpy(layer(np.array([text], "int32")))[0]
        wanted = bias + sum(expected.get(gram, 0.0) for gram in grams(text, longest))
        assert logits[1] - logits[0] == pytest.approx(wanted, abs=2e-3)


def test_three_labels_are_three_times_one_against_the_rest():
    labels = np.array([1, 1, 0, 2, 1, 0])
    table = learn_ngram_evidence(TEXTS, labels, 3, longest=1, slots=97, minimum_texts=1)
    for label in range(3):
        alone = learn_ngram_evidence(
            TEXTS, (labels == label).astype(int), 2, longest=1, slots=97, minimum_texts=1
        )
        np.testing.assert_allclose(table.weights[:, label], alone.weights[:, 0], atol=1e-6)
