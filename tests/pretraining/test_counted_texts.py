import numpy as np
import pytest
from keras import ops

from keras_seq.layers import NgramEvidence
from keras_seq.pretraining import learn_ngram_evidence, learn_text_evidence
from tests.pretraining.test_counted_ngrams import LABELS, TEXTS, grams

OTHERS = [[3, 6, 2], [4, 6, 7, 7], [7, 5, 4], [2, 3, 6], [6]]
SLOTS = 9_973


def by_newton(texts, is_label, others, longest, minimum_texts, penalty):
    """The same optimum, found another way on dense matrices: {n-gram: weight}, bias."""
    sets = [grams(ids, longest) for ids in [*texts, *others]]
    kept = sorted(g for g in set.union(*sets) if sum(g in each for each in sets) >= minimum_texts)
    rarity = [np.log(len(sets) / sum(g in each for each in sets)) ** 2 for g in kept]
    x = np.array([[g in each for g in kept] for each in sets]) * rarity
    unit = np.array([row / np.linalg.norm(row) for row in x])
    usual = np.sqrt(np.mean([row @ row for row in x[: len(texts)]]))
    kernel = np.column_stack([x[: len(texts)] / usual @ unit.T, np.ones(len(texts))])
    ridge = np.diag([penalty] * len(sets) + [1e-9])
    says = np.zeros(len(sets) + 1)
    for _ in range(50):
        p = 1 / (1 + np.exp(-kernel @ says))
        curvature = kernel.T * (p * (1 - p)) @ kernel + ridge
        says -= np.linalg.solve(curvature, kernel.T @ (p - is_label) + ridge @ says)
    return dict(zip(kept, unit.T @ says[:-1] * rarity / usual, strict=True)), says[-1]


def logit_of(table, text, longest):
    layer = NgramEvidence(2, longest, SLOTS)
    layer.build((None, None))
    layer.set_evidence(*table)
    logits = ops.convert_to_numpy(layer(np.array([text], "int32")))[0]
    return logits[1] - logits[0]


@pytest.mark.parametrize(("longest", "minimum_texts", "penalty"), [(1, 1, 0.5), (3, 2, 0.3)])
def test_the_table_is_the_optimum_that_newton_finds(longest, minimum_texts, penalty):
    options = {"longest": longest, "slots": SLOTS, "minimum_texts": minimum_texts, "penalty": penalty}
    table = learn_text_evidence(TEXTS, LABELS, 2, OTHERS, **options)
    expected, bias = by_newton(TEXTS, LABELS == 1, OTHERS, longest, minimum_texts, penalty)
    assert len(table.slots) == len(expected)
    for text in (*TEXTS, *OTHERS, [3, 3, 2, 9, 4]):
        wanted = bias + sum(expected.get(gram, 0.0) for gram in grams(text, longest))
        assert logit_of(table, text, longest) == pytest.approx(wanted, abs=2e-3)


def test_a_word_that_no_labelled_text_holds_learns_from_its_company():
    texts, labels, others = [[2, 3], [4, 5]], np.array([1, 0]), [[2, 6], [4, 7], [8]]
    table = learn_text_evidence(texts, labels, 2, others, longest=1, slots=SLOTS, minimum_texts=1)
    good, bad, alone = (logit_of(table, [word], 1) - table.bias[0] for word in (6, 7, 8))
    assert good > 0.01 and bad < -0.01
    assert alone == 0


def test_three_labels_are_three_times_one_against_the_rest():
    labels = np.array([1, 1, 0, 2, 1, 0])
    options = {"longest": 1, "slots": SLOTS, "minimum_texts": 1}
    table = learn_text_evidence(TEXTS, labels, 3, OTHERS, **options)
    for label in range(3):
        alone = learn_text_evidence(TEXTS, (labels == label).astype(int), 2, OTHERS, **options)
        np.testing.assert_allclose(table.weights[:, label], alone.weights[:, 0], atol=1e-6)


def test_two_tables_in_one_give_the_sum_of_their_logits():
    one = learn_text_evidence(TEXTS, LABELS, 2, OTHERS, longest=2, slots=SLOTS, minimum_texts=1)
    other = learn_ngram_evidence(TEXTS, LABELS, 2, longest=2, slots=SLOTS, minimum_texts=2)
    both = one.plus(other)
    assert len(both.slots) == len(one.slots) > len(other.slots)
    for text in (*TEXTS, *OTHERS):
        wanted = logit_of(one, text, 2) + logit_of(other, text, 2)
        assert logit_of(both, text, 2) == pytest.approx(wanted, abs=1e-5)
