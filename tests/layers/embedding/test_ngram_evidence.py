import numpy as np
import pytest
from keras import ops

from keras_seq.layers import LateFusion, NgramEvidence
from keras_seq.ops.ngrams import hash_ngrams


def filled(num_classes, slots, grams, seed=0):
    """A layer that knows some unigrams, and their weights."""
    layer = NgramEvidence(num_classes, 1, slots)
    layer.build((None, None))
    slot, fingerprint, _ = (
        ops.convert_to_numpy(each)[:, 0, 0]
        for each in hash_ngrams(np.array(grams)[:, None].astype("int32"), 1, slots)
    )
    weights = np.random.default_rng(seed).normal(size=(len(grams), layer.columns)).astype("float32")
    layer.set_evidence(slot, fingerprint, weights, np.zeros(layer.columns, "float32"))
    return layer, dict(zip(grams, weights, strict=True))


def test_an_ngram_never_learnt_adds_nothing_even_in_a_full_table():
    layer, _ = filled(3, 53, list(range(2, 200)))
    unknown = ops.convert_to_numpy(layer(np.arange(200, 2000, dtype="int32")[:, None]))
    assert (unknown == 0).mean() > 0.99  # fingerprints of a million values seldom agree


def test_every_ngram_that_found_a_slot_says_what_it_learnt():
    layer, weights = filled(3, 997, list(range(2, 400)))
    answers = ops.convert_to_numpy(layer(np.arange(2, 400, dtype="int32")[:, None]))
    there = np.abs(answers).max(axis=1) > 0
    assert there.mean() > 0.95  # two slots each, at two fifths full
    for gram, answer in zip(np.arange(2, 400)[there], answers[there], strict=True):
        np.testing.assert_allclose(answer, weights[gram], atol=1e-6)


def test_those_with_most_to_say_stay_when_slots_are_few():
    layer, weights = filled(3, 29, list(range(2, 100)))
    answers = ops.convert_to_numpy(layer(np.arange(2, 100, dtype="int32")[:, None]))
    loud = np.array([np.abs(weights[gram]).max() for gram in range(2, 100)])
    kept = np.abs(answers).max(axis=1) > 0
    assert loud[kept].mean() > loud[~kept].mean()


def test_two_labels_share_one_column_with_opposite_signs():
    layer, weights = filled(2, 997, [5, 6])
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(np.array([[5, 6, 5, 0]])))[0, 1] * 2,
        (weights[5] + weights[6])[0],
        rtol=1e-5,
    )


def test_the_fused_answer_is_the_learners_own_only_in_training():
    learner, expert = np.array([[1.0, 2.0]], "float32"), np.array([[10.0, 20.0]], "float32")
    layer = LateFusion(share=0.5)
    np.testing.assert_allclose(layer(learner, expert), [[10.5, 21.0]])
    np.testing.assert_allclose(layer(learner, expert, training=True), learner)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NgramEvidence(1), "num_classes must be at least 2. Received: num_classes=1"),
        (lambda: NgramEvidence(2, longest=0), "longest must be at least 1"),
        (lambda: LateFusion()(np.ones((1, 2)), np.ones((1, 3))), "Both must answer for the same labels"),
    ],
)
def test_wrong_sizes_are_said(make, said):
    with pytest.raises(ValueError, match=said):
        make()
