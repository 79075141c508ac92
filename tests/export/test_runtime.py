import subprocess
import sys

import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.export.runtime import TFLiteModel
from tests.export.conftest import converted, id_lists


def test_a_padded_batch_answers_as_its_texts_one_by_one(tflite):
    texts = id_lists(15, 30)
    together, alone = (
        TFLiteModel(tflite).predict(texts),
        [TFLiteModel(tflite).predict([text]) for text in texts],
    )
    for name in ("probabilities", "weights"):
        for row, single in zip(together[name], alone, strict=True):
            np.testing.assert_allclose(row, single[name][0], atol=1e-6)


def test_a_call_leaves_nothing_behind_for_the_next(tflite):
    model = TFLiteModel(tflite)
    texts = [[5, 6, 7], [8] * 40, [9], [], [5, 6, 7] * 9]
    first = [model.predict([text])["probabilities"][0] for text in texts]
    again = [model.predict([text])["probabilities"][0] for text in reversed(texts)]
    np.testing.assert_array_equal(first, again[::-1])


def test_answers_are_fractions_that_sum_to_one(tflite):
    texts = id_lists(10, 20)
    answers = TFLiteModel(tflite, num_threads=2).predict(texts)
    np.testing.assert_allclose([row.sum() for row in answers["probabilities"]], 1, atol=1e-6)
    for text, weights in zip(texts, answers["weights"], strict=True):
        assert weights.shape == (len(text),)
        assert not text or abs(weights.sum() - 1) < 1e-5


def test_a_fixed_length_takes_shorter_texts_and_says_what_is_too_long(classifier, reference):
    model = TFLiteModel(converted(classifier, length=9))
    texts = [[3, 4], [], [5] * 9]
    found, expected = model.predict(texts), reference.predict(texts)
    for name in expected:
        for ours, theirs in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
    with pytest.raises(InputError, match=r"at most 9 tokens.\nReceived: a text of 10 tokens"):
        model.predict([[5] * 10])


def test_a_file_that_is_none_is_said(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        TFLiteModel(tmp_path / "model.tflite")
    (tmp_path / "model.tflite").write_bytes(b"binary junk\x00\xff" * 50)
    with pytest.raises(InputError, match=r"model\.tflite is no model that turns token_ids"):
        TFLiteModel(tmp_path / "model.tflite")


def test_a_model_of_something_else_is_said(tmp_path):
    import tensorflow as tf

    module = tf.Module()
    module.double = tf.function(
        lambda x: 2 * x, input_signature=[tf.TensorSpec((None,), tf.float32, name="x")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.double.get_concrete_function()], module
    )
    with pytest.raises(InputError, match="no model that turns token_ids"):
        TFLiteModel(converter.convert())


def test_the_runtime_imports_neither_tensorflow_nor_keras():
    code = (
        "import sys, keras_seq.export.runtime, keras_seq.export.loading, keras_seq.export.card\n"
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_printed_by_native_code(tmp_path, tflite):
    (tmp_path / "model.tflite").write_bytes(tflite)
    code = "import sys; from keras_seq.export import TFLiteModel; TFLiteModel(sys.argv[1]).predict([[3, 4]])"
    arguments = [sys.executable, "-c", code, tmp_path / "model.tflite"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
