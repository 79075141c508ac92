import numpy as np

from keras_seq.pretraining import learn_word_vectors


def ppmi_by_counting(texts, size, window, smoothing):
    """The formula with loops."""
    n = np.zeros((size, size))
    for ids in texts:
        for i, u in enumerate(ids):
            for j, v in enumerate(ids):
                if 0 < abs(i - j) <= window and u > 1 and v > 1:
                    n[u, v] += 1 / abs(i - j)
    total, context = n.sum(1), np.maximum(n.sum(1), 1e-9) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        ppmi = np.maximum(0, np.log(n * context.sum() / (total[:, None] * context[None])))
    return np.nan_to_num(ppmi, nan=0.0, neginf=0.0)


def test_products_of_vectors_approach_the_information():
    random = np.random.default_rng(0)
    texts = [random.integers(1, 12, size=random.integers(3, 20)).tolist() for _ in range(30)]
    ppmi = ppmi_by_counting(texts, 12, 3, 0.75)
    vectors = learn_word_vectors(texts, 12, 4, window=3)
    u, s, _ = np.linalg.svd(ppmi)
    expected = (u[:, :4] * s[:4]) @ u[:, :4].T  # the same whatever signs and order the dimensions have
    found = vectors @ vectors.T
    np.testing.assert_allclose(found / np.abs(found).max(), expected / np.abs(expected).max(), atol=1e-4)


def test_padding_and_unknown_have_no_vector():
    assert not learn_word_vectors([[2, 1, 3], [4, 5]] * 3, 6, 2)[:2].any()


def test_words_that_keep_the_same_company_are_near():
    texts = [[2, 4, 5], [3, 4, 5], [2, 5, 4], [3, 5, 4], [6, 7, 8], [6, 8, 7]] * 5
    vectors = learn_word_vectors(texts, 9, 3)

    def near(a, b):
        return vectors[a] @ vectors[b] / (np.linalg.norm(vectors[a]) * np.linalg.norm(vectors[b]))

    assert near(2, 3) > 0.9 > near(2, 7)


def test_few_words_have_vectors_as_wide_as_asked_for():
    vectors = learn_word_vectors([[2, 3, 4], [3, 2]], 5, 64)
    assert vectors.shape == (5, 64) and np.isfinite(vectors).all() and vectors[2].any()


def test_words_that_never_meet_have_vectors_all_the_same():
    vectors = learn_word_vectors([[2], [3], []], 4, 8)
    assert np.isfinite(vectors).all() and vectors[2:].any(axis=1).all()
