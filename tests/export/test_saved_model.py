import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.export import fresh_process
from keras_seq.export.classifier import ClassifierPlan
from keras_seq.export.errors import ExportError
from keras_seq.export.folder import seal
from keras_seq.export.saved_model import SavedModel, export_saved_model
from keras_seq.text import TextEncoder, Vocabulary, WordTokenizer

LABELS = ["bad", "fair", "好"]
TEXTS = ["A good film!", "", "好电影", "très bad, word17 zzzz", "\n", "good " * 70, "film"]


def plan_of(classifier, text_encoder, labels=LABELS):
    plan = ClassifierPlan(classifier, text_encoder, labels)
    plan.texts = TEXTS
    return plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory, classifier, text_encoder):
    path = tmp_path_factory.mktemp("saved_model")
    export_saved_model(path, *plan_of(classifier, text_encoder).saved_model_signatures())
    seal(path)
    return path


@pytest.fixture(scope="module")
def checked(folder, classifier, text_encoder):
    """What the check measured, and what the fresh process had answered."""
    answers = []
    ask = fresh_process._in_fresh_process
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fresh_process, "_in_fresh_process", lambda *task: answers.append(ask(*task)) or answers[0]
        )
        return plan_of(classifier, text_encoder).check_saved_model(folder), answers[0]


def test_text_in_answers_out_in_a_fresh_process_without_the_package(checked):
    measured, _ = checked
    assert set(measured.differences) == {"probabilities", "weights"}
    assert max(measured.differences.values()) < 1e-5
    assert measured.texts == 2 * len(TEXTS)


def test_answers_of_another_model_are_refused(checked, folder, classifier, text_encoder, monkeypatch):
    monkeypatch.setattr(fresh_process, "_in_fresh_process", lambda *_: checked[1])
    vocabulary = Vocabulary(text_encoder.vocabulary.tokens[:1:-1])
    for encoder, labels, message in (
        (
            TextEncoder(text_encoder.tokenizer, vocabulary),
            LABELS,
            "differs from the Keras model: probabilities by",
        ),
        (
            TextEncoder(WordTokenizer(lowercase=False), text_encoder.vocabulary),
            LABELS,
            "answers other tokens than keras_seq",
        ),
        (text_encoder, ["x", "y", "z"], "answers other label than keras_seq"),
    ):
        with pytest.raises(ExportError, match=message):
            plan_of(classifier, encoder, labels).check_saved_model(folder)


def test_what_fails_in_a_fresh_process_is_refused(folder, classifier, text_encoder, monkeypatch):
    monkeypatch.setattr(fresh_process, "_SAVED_MODEL", "raise OSError('no such table')")
    message = "fails in a fresh process without keras_seq.\nPython says: OSError: no such table"
    with pytest.raises(ExportError, match=message):
        plan_of(classifier, text_encoder).check_saved_model(folder)


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
