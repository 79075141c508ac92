import numpy as np
import pytest

from keras_seq.export.errors import ExportError
from keras_seq.export.parity import check_tflite, compare, compare_row
from tests.export.conftest import id_lists

TEXTS = id_lists(12, 20)


def changed(content: bytes, array: np.ndarray, by: float) -> bytes:
    """The file with one weight array, found by its bytes, moved."""
    raw = array.astype(np.float32).tobytes()
    assert content.count(raw) == 1
    return content.replace(raw, (array + by).astype(np.float32).tobytes())


def test_a_file_like_its_model_passes_and_says_how_close_it_is(tflite, reference):
    parity = check_tflite(tflite, reference, TEXTS)
    assert parity.texts == len(TEXTS)
    assert parity.calls > len(TEXTS)
    assert parity.agreement == {"label": 1.0}
    assert set(parity.differences) == {"probabilities", "weights"}


def test_a_file_whose_weights_moved_is_refused(tflite, reference, classifier):
    embedding = classifier.get_layer("embedding").get_weights()[0]
    moved = changed(tflite, embedding, by=0.01)
    with pytest.raises(ExportError, match=r"differs from the Keras model: .* by 0\.0.*; 1e-05 is allowed"):
        check_tflite(moved, reference, TEXTS)
    assert check_tflite(moved, reference, TEXTS, tolerance=None).differences["probabilities"] > 1e-5


def test_numbers_that_are_not_finite_are_refused_whatever_the_tolerance(tflite, reference, classifier):
    embedding = classifier.get_layer("embedding").get_weights()[0]
    with pytest.raises(ExportError, match="not finite"):
        check_tflite(changed(tflite, embedding, by=np.nan), reference, TEXTS, tolerance=None)


def test_other_outputs_and_other_shapes_are_refused():
    ones = [np.ones(2), np.ones(3)]
    assert compare({"p": ones}, {"p": [np.ones(2), np.ones(3) * 1.5]}, "It") == {"p": 0.5}
    with pytest.raises(ExportError, match=r"It has the outputs \['q'\]; the Keras model has \['p'\]"):
        compare({"p": ones}, {"q": ones}, "It")
    with pytest.raises(
        ExportError, match=r"It gives p of shape \(2,\) where the Keras model gives \(3,\) \(text 1\)"
    ):
        compare({"p": ones}, {"p": [np.ones(2), np.ones(2)]}, "It")
    assert compare({"p": [np.ones(0)]}, {"p": [np.ones(0)]}, "It") == {"p": 0.0}


def test_the_answers_to_a_text_are_the_same_and_padding_follows_them():
    expected = {"tags": ["O", "B-x"], "starts": [0, 4], "intent": "fly", "weights": np.array([0.25, 0.75])}
    found = {"tags": ["O", "B-x", ""], "starts": [0, 4, -1], "intent": "fly", "weights": [0.25, 0.75, 0.0]}
    assert compare_row(expected, found, "It", "a b") == {"weights": 0.0}
    for change, said in (
        ({"tags": ["O", "B-y", ""]}, "answers other tags than keras_seq"),
        ({"tags": ["O", "B-x", "O"]}, "answers other tags"),
        ({"starts": [0, 4, 0]}, "answers other starts"),
        ({"starts": [0]}, "answers other starts"),
        ({"intent": ""}, "other intent than keras_seq: '' and not 'fly', for 'a b'"),
        ({"weights": [0.25, 0.7499, 0.0]}, "weights by 0.0001; 1e-05 is allowed"),
        ({"weights": [0.25, 0.75, 0.1]}, "weights by 0.1"),
        ({"weights": [0.25]}, "of shape"),
        ({"weights": [0.25, float("nan")]}, "not finite"),
        ({"more": 1}, "has the outputs"),
    ):
        with pytest.raises(ExportError, match=said):
            compare_row(expected, {**found, **change}, "It", "a b")
