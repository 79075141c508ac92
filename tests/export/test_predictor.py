import numpy as np
import pytest

from keras_seq.export.predictor import Predictor


class Sums(Predictor):
    """Its probability is the sum of a text, its weights are the ids; it remembers the shapes it was given."""

    def __init__(self):
        self.shapes = []

    def run(self, token_ids):
        assert token_ids.dtype == np.int32
        self.shapes.append(token_ids.shape)
        return {"probabilities": token_ids.sum(1, keepdims=True), "weights": token_ids}


def test_answers_come_in_the_order_of_the_texts_and_without_padding():
    texts = [[5, 6, 7], [], [1], [2, 3], [4, 4, 4, 4]]
    found = Sums().predict(texts, batch_size=2)
    assert [row.tolist() for row in found["weights"]] == texts
    assert [row.tolist() for row in found["probabilities"]] == [[sum(text)] for text in texts]


def test_texts_of_like_length_share_a_batch():
    model = Sums()
    model.predict([[1] * length for length in (9, 1, 8, 2)], batch_size=2)
    assert sorted(model.shapes) == [(2, 2), (2, 9)]


def test_a_batch_of_empty_texts_still_has_a_column():
    model = Sums()
    model.predict([[], []])
    assert model.shapes == [(2, 1)]


def test_long_texts_do_not_share_a_batch_beyond_the_limit():
    model = Sums()
    model.predict([[1] * 100_000, [1] * 10_000, [1] * 10_000, [1], [1]], batch_size=32)
    assert all(rows == 1 or rows * length <= 2**14 for rows, length in model.shapes)
    assert sum(rows for rows, _ in model.shapes) == 5


def test_no_texts_give_nothing():
    assert Sums().predict([]) == {}


def test_a_predictor_without_run_says_so():
    with pytest.raises(NotImplementedError):
        Predictor().predict([[1]])
