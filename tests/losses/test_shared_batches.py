"""The mean over all words of a batch, weighted and shared."""

import numpy as np

from keras_seq.losses import TokenCrossentropy
from keras_seq.ops.whole_batch import shared_batches

RANDOM = np.random.default_rng(5)
LABELS = np.array([[1, 2, 0], [3, -1, -1], [2, 2, -1], [1, -1, -1]])
LOGITS = RANDOM.normal(size=(4, 3, 4)).astype("float32")


def loss(rows, weights=None):
    return float(TokenCrossentropy()(LABELS[rows], LOGITS[rows], weights))


def test_a_sentence_of_weight_0_is_as_if_it_were_not_there():
    weights = np.array([1, 0, 1, 0], "float32")
    np.testing.assert_allclose(loss([0, 1, 2, 3], weights), loss([0, 2]), rtol=1e-6)


def test_weights_count_a_sentence_as_often():
    weights = np.array([2, 1], "float32")
    np.testing.assert_allclose(loss([0, 1], weights), loss([0, 0, 1]), rtol=1e-6)
    np.testing.assert_allclose(loss([0, 1], 3 * weights), loss([0, 0, 1]), rtol=1e-6)


def test_two_devices_have_the_mean_over_the_words_of_both():
    parts, totals = ([0, 1], [2, 3]), []

    def heard(tensor):
        totals.append(float(tensor))
        return tensor

    with shared_batches(heard):
        for rows in parts:
            loss(rows)
    words, sentences = totals[0] + totals[2], totals[1] + totals[3]
    assert (words, sentences) == (7, 4)
    shared = 0.0
    for rows in parts:
        answers = iter([words, sentences])
        with shared_batches(lambda tensor, answers=answers: tensor * 0 + next(answers)):
            shared += loss(rows) / len(parts)
    np.testing.assert_allclose(shared, loss([0, 1, 2, 3]), rtol=1e-6)
