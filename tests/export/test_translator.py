"""A translator as a `.tflite` and as a SavedModel: translations, scores, alignments as in Keras."""

import copy
import functools

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.decoding import NO_HYPOTHESIS
from keras_seq.errors import InputError
from keras_seq.export import TranslatorPlan, fresh_process
from keras_seq.export.errors import ExportError
from keras_seq.export.hypotheses import Hypotheses
from keras_seq.export.predictor import _NO_TRANSLATION, unpadded
from keras_seq.export.runtime import TFLiteModel
from keras_seq.export.saved_model import SavedModel
from keras_seq.export.tflite import convert, operators
from keras_seq.models import DecodingSettings, translating_model
from keras_seq.text import TextEncoder
from tests.export.conftest import checked_saved_model, saved
from tests.models.translators import WORDS, translator

LETTERS = "abcdefghijklmnopq"
ENCODER = TextEncoder.fit([" ".join(LETTERS)], "words", lowercase=True, keep_spaces=True, end=True)
TEXTS = [
    " ".join(LETTERS[start : start + size]) for start, size in zip(range(12), [3, 7, 1, 5] * 3, strict=True)
]
MOST_TOKENS, MOST_WORDS = 29, 24  # some of the generated texts are longer
BEAM = {"beam_width": 3, "n_best": 2, "length_penalty": 0.7, "coverage_penalty": 0.1}


@functools.cache
def plan_of(kind="luong", length=None, **decoding):
    """A translator of odd sizes with large random weights, and all that its export needs."""
    assert len(ENCODER.vocabulary) == WORDS
    settings = DecodingSettings(**(decoding or BEAM), words_per_word=1.0, words_besides=3)
    model = translating_model(translator(kind), settings, 2, most_words=MOST_WORDS)
    return TranslatorPlan(model, ENCODER, ENCODER, most_tokens=MOST_TOKENS, texts=TEXTS, length=length)


def fresh_plan():
    """The same plan, which has seen no answer yet; what the Keras model said is not asked again."""
    plan = copy.copy(plan_of())
    plan._lost, plan._told = set(), {}
    return plan


@pytest.fixture(scope="module")
def content():
    return convert(*plan_of().tflite_signatures())


@pytest.fixture(scope="module")
def file(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("lite") / "model.tflite"
    path.write_bytes(content)
    return path


def test_the_whole_search_and_its_steps_answer_in_lite_as_in_keras(content, file):
    plan = plan_of()
    parity = plan.check_tflite(file, plan.tolerance)
    assert set(parity.differences) == {*("target_ids", "lengths", "scores", "alignment"), "decode_step"}
    assert max(parity.differences.values()) < 1e-4 and parity.agreement["translation"] > 0.9
    assert set(TFLiteModel(file).signatures) == {"serving_default", "encode", "decode_step"}
    assert not [name for name in operators(content) if name.startswith("CUSTOM")]


def test_a_file_whose_weights_moved_is_refused(content, tmp_path):
    plan = plan_of()
    kernel = plan._translate.model.get_layer("logits").get_weights()[0].T.astype("float32")
    assert content.count(kernel.tobytes()) == 1  # shared by all signatures
    (tmp_path / "moved.tflite").write_bytes(content.replace(kernel.tobytes(), (kernel * 1.01).tobytes()))
    with pytest.raises(ExportError, match="differs from the Keras model: scores by"):
        plan.check_tflite(tmp_path / "moved.tflite", plan.tolerance)
    assert plan._difference_in_steps(TFLiteModel(tmp_path / "moved.tflite")) > 1e-4


@pytest.mark.parametrize(
    ("kind", "decoding"),
    [
        ("luong", BEAM),
        ("first state", {"method": "greedy"}),
        ("transformer", {"method": "sample", "n_best": 2}),
    ],
)
def test_a_translation_judged_at_once_scores_as_its_search_said(kind, decoding):
    plan = plan_of(kind, **decoding)
    judge, cut_off = Hypotheses(plan._translate), 0
    for ids, outputs in list(zip(plan._id_lists, plan._expected, strict=True))[:25]:
        limit = min(len(ids) + 3, MOST_WORDS)
        for number, score in enumerate(outputs["scores"]):
            length = outputs["lengths"][number]
            judged = judge(ids, outputs["target_ids"][number][:length])
            assert judged.score == pytest.approx(score, abs=2e-4)
            assert judged.steps == min(length + 1, limit)
            cut_off += length == limit
            if number == 0 and judged.weights is not None:
                np.testing.assert_allclose(judged.weights, outputs["alignment"], atol=1e-5)
    assert cut_off


def test_a_worse_translation_counts_but_for_one_that_rounding_lost():
    plan = fresh_plan()
    gaps = [-np.diff(outputs["scores"]).sum() for outputs in plan._expected]  # between the two best
    number = int(np.argmax(gaps))
    best = plan._expected[number]
    other = {name: outputs[1:] for name, outputs in best.items()}
    assert gaps[number] > 0.1
    assert plan.difference("target_ids", number, best, best) == 0.0
    assert plan.difference("target_ids", number, best, other) == 0.0
    plan._lost.add(-1)  # another one
    worse = gaps[number] / min(other["lengths"][0] + 1, len(plan._id_lists[number]) + 3)
    assert plan.difference("target_ids", number, best, other) == pytest.approx(worse, abs=1e-4)
    assert plan.difference("target_ids", number, other, best) == 0.0  # a better one is welcome
    assert plan.difference("scores", number, best, best) < 1e-4
    spoilt = {**best, "scores": best["scores"] - 0.5}
    assert plan.difference("scores", number, best, spoilt) > 0.01
    assert plan.difference("alignment", number, best, {**best, "alignment": best["alignment"] + 0.1}) > 0.09


def test_outputs_without_padding_have_no_translation_that_there_is_not():
    assert NO_HYPOTHESIS < _NO_TRANSLATION
    row = {
        "target_ids": np.array([[5, 6, 0, 0], [7, 0, 0, 0], [0, 0, 0, 0]]),
        "lengths": np.array([2, 1, 0]),
        "scores": np.array([-1, -2, NO_HYPOTHESIS], "float32"),
        "alignment": np.ones((4, 9)),
    }
    found = unpadded(row, 3)
    assert found["target_ids"].tolist() == [[5, 6], [7, 0]] and found["alignment"].shape == (2, 3)
    assert found["lengths"].tolist() == [2, 1]


def test_drawing_is_refused_for_lite():
    with pytest.raises(InputError, match="cannot draw words at random.*\n.*beam or greedy"):
        plan_of("transformer", method="sample", n_best=2).tflite_signatures()


def test_a_fixed_length_has_static_shapes_everywhere_and_holds_in_the_compiled_model(tmp_path):
    plan = plan_of("first state", length=6, method="greedy")
    (tmp_path / "fixed.tflite").write_bytes(convert(*plan.tflite_signatures()))
    parity = plan.check_tflite(tmp_path / "fixed.tflite", plan.tolerance)
    assert max(parity.differences.values()) < 1e-4 and "alignment" not in parity.differences
    tensors = TFLiteModel(tmp_path / "fixed.tflite").tensors()
    shapes = [shape for kinds in tensors.values() for each in kinds.values() for _, shape in each.values()]
    assert len(shapes) > 8 and not [shape for shape in shapes if -1 in shape]
    assert tensors["serving_default"]["outputs"]["target_ids"] == ("int32", [1, 1, 9])
    assert {dtype for kinds in tensors.values() for each in kinds.values() for dtype, _ in each.values()} == {
        "int32",
        "float32",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(plan_of(), tmp_path_factory.mktemp("saved_model"))


@pytest.fixture(scope="module")
def answers(folder):
    """What the fresh process answers to the plan's own questions, once."""
    parity, answers = checked_saved_model(plan_of(), folder)
    assert parity.texts == 2 * len(plan_of().texts)
    assert set(parity.differences) == {"weights", "score"}
    return answers


@pytest.mark.parametrize(
    ("output", "spoil", "said"),
    [
        ("translation", lambda value: [value[0] + "!", *value[1:]], "answers other translation"),
        ("translation", lambda value: [value[0], value[1] + "!"], "answers other translation"),
        ("score", lambda value: [value[0] - 0.1, value[1]], "score by"),
        ("source_tokens", lambda value: ["a", *value[1:]], "answers other source_tokens"),
        ("weights", lambda value: [[each + 0.1 for each in row] for row in value], "weights by"),
    ],
)
def test_a_saved_model_that_says_something_else_is_refused(answers, folder, monkeypatch, output, spoil, said):
    spoilt = [{name: list(rows) for name, rows in answer.items()} for answer in answers]
    explained = next(answer for answer in spoilt if "weights" in answer)
    place = next(place for place, tokens in enumerate(explained["tokens"]) if tokens[0])
    explained[output][place] = spoil(explained[output][place])
    monkeypatch.setattr(fresh_process, "_in_fresh_process", lambda *_: spoilt)
    with pytest.raises(ExportError, match=said):
        fresh_plan().check_saved_model(folder)


@pytest.fixture(scope="module")
def model(folder):
    return tf.saved_model.load(str(folder))


@pytest.mark.parametrize("texts", [[], [""], ["", "\n"], [b"a\xffb \xe4"]])
def test_no_texts_empty_texts_and_malformed_bytes_are_answered(model, texts):
    found = model.signatures["explain"](texts=tf.constant(texts, tf.string))
    assert all(len(output) == len(texts) for output in found.values())
    assert found["translation"].shape == found["score"].shape == (len(texts), 2)
    if texts and not isinstance(texts[0], bytes):
        assert not found["score"].numpy().any() and set(found["translation"].numpy().ravel()) == {b""}
        assert found["tokens"].shape[1] == 0 and not found["source_tokens"].numpy().any()


def test_on_token_ids_it_answers_as_the_keras_model(folder):
    plan, found = plan_of(), SavedModel(folder).predict(plan_of()._id_lists)
    for text, expected in enumerate(plan._expected):
        row = {name: outputs[text] for name, outputs in found.items()}
        assert max(plan.difference(name, text, expected, row) for name in expected) < 1e-4
