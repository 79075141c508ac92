import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.export import parity
from keras_seq.export.errors import ExportError
from keras_seq.export.folder import seal
from keras_seq.export.saved_model import SavedModel, classifier_signatures, export_saved_model
from keras_seq.text import TextEncoder, Vocabulary

LABELS = ["bad", "fair", "好"]
TEXTS = ["A good film!", "", "好电影", "très bad, word17 zzzz", "\n", "good " * 70, "film"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, reference, text_encoder):
    path = tmp_path_factory.mktemp("saved_model")
    export_saved_model(path, *classifier_signatures(reference.model, text_encoder, LABELS))
    seal(path)
    return path


@pytest.fixture(scope="module")
def checked(folder, reference, text_encoder):
    """What the check measured, and what the fresh process had answered."""
    answers = []
    ask = parity._in_fresh_process
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "_in_fresh_process", lambda *task: answers.append(ask(*task)) or answers[0])
        return parity.check_saved_model(folder, reference, TEXTS, text_encoder, LABELS), answers[0]


def test_text_in_answers_out_in_a_fresh_process_without_the_package(checked):
    measured, _ = checked
    assert max(measured.differences.values()) < 1e-5
    assert measured.agreement == 1.0


def test_answers_of_another_model_are_refused(checked, folder, reference, text_encoder, monkeypatch):
    monkeypatch.setattr(parity, "_in_fresh_process", lambda *_: checked[1])
    vocabulary = Vocabulary(text_encoder.vocabulary.tokens[:1:-1])
    for encoder, labels, message in (
        (
            TextEncoder(text_encoder.tokenizer, vocabulary),
            LABELS,
            "differs from the Keras model: probabilities by",
        ),
        (TextEncoder.fit(["a film"], "characters"), LABELS, "cuts a text into other tokens than keras_seq"),
        (text_encoder, ["x", "y", "z"], "which is not the likeliest label"),
    ):
        with pytest.raises(ExportError, match=message):
            parity.check_saved_model(folder, reference, TEXTS, encoder, labels)


def test_what_fails_in_a_fresh_process_is_refused(folder, reference, text_encoder, monkeypatch):
    monkeypatch.setattr(parity, "_SAVED_MODEL", "raise OSError('no such table')")
    message = "fails in a fresh process without keras_seq.\nPython says: OSError: no such table"
    with pytest.raises(ExportError, match=message):
        parity.check_saved_model(folder, reference, TEXTS, text_encoder, LABELS)


@pytest.fixture(scope="module")
def model(folder):
    return tf.saved_model.load(str(folder))


def test_the_signatures_are_what_the_card_says(model):
    assert set(model.signatures) == {"serving_default", "explain", "token_ids"}
    served = model.signatures["serving_default"](texts=tf.constant(TEXTS))
    assert set(served) == {"label", "probabilities"}
    assert served["probabilities"].shape == (len(TEXTS), 3)
    assert set(served["label"].numpy()) <= {label.encode() for label in LABELS}
    explained = model.signatures["explain"](texts=tf.constant(["good film", "!"]))
    assert explained["tokens"].numpy().tolist() == [[b"good", b"film"], [b"!", b""]]
    np.testing.assert_allclose(explained["weights"].numpy().sum(1), 1, atol=1e-6)
    assert explained["weights"].numpy()[1, 1] == 0


@pytest.mark.parametrize("texts", [[], [""], ["", "", ""]])
def test_no_texts_and_empty_texts_are_answered(model, texts):
    for name in ("serving_default", "explain"):
        outputs = model.signatures[name](texts=tf.constant(texts, tf.string))
        assert outputs["probabilities"].shape == (len(texts), 3)
        assert bool(tf.reduce_all(tf.math.is_finite(outputs["probabilities"])))
    ids = model.signatures["token_ids"](token_ids=tf.zeros((len(texts), 0), tf.int32))
    assert ids["probabilities"].shape == (len(texts), 3)


def test_malformed_bytes_are_answered(model):
    assert model.signatures["explain"](texts=tf.constant([b"go\xffod \xe4"]))["label"].shape == (1,)


def test_on_token_ids_it_answers_as_the_keras_model(folder, reference):
    texts = [[3, 4, 5], [], [1] * 30]
    found, expected = SavedModel(folder).predict(texts), reference.predict(texts)
    assert set(found) == set(expected)
    for name in expected:
        for ours, theirs in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_damaged_folder_is_named(folder, tmp_path):
    with pytest.raises(InputError, match=r"checksums\.txt is missing"):
        SavedModel(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"binary junk")
    seal(tmp_path)
    with pytest.raises(InputError, match="holds no SavedModel that takes token_ids"):
        SavedModel(tmp_path)
