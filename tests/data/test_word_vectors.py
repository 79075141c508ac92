import numpy as np
import pytest

from keras_seq.data import read_word_vectors
from keras_seq.errors import InputError

GLOVE = "the 0.1 0.2 0.3\n电影 -1 0 1e-3\nfilm 4 5 6\n"


@pytest.mark.parametrize("head", ["", "3 3\n"])
def test_the_words_asked_for_get_their_vectors_whatever_the_head(head, tmp_path):
    (tmp_path / "v.txt").write_text(head + GLOVE, encoding="utf-8")
    vectors, found = read_word_vectors(tmp_path / "v.txt", ["film", "absent", "电影"])
    np.testing.assert_allclose(vectors, [[4, 5, 6], [0, 0, 0], [-1, 0, 1e-3]])
    assert found.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no word vectors"),
        ("the\n", "line 1: expected a word and its numbers"),
        ("a 1 2\nfilm 1 x\n", "line 2: expected 2 numbers"),
        ("a 1 2\nfilm 1 2 3\n", "line 2: expected 2 numbers behind the word. Received: 3"),
        ("a 1 2\nfilm 1 nan\n", "line 2"),
    ],
)
def test_a_faulty_file_is_said_with_its_line(content, said, tmp_path):
    (tmp_path / "v.txt").write_text(content)
    with pytest.raises(InputError, match=said):
        read_word_vectors(tmp_path / "v.txt", ["film"])


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_word_vectors(tmp_path / "none.txt", ["film"])
