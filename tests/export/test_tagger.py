"""A tagger as a `.tflite` and as a SavedModel: the same legal tags, spans and intents as in Keras."""

import dataclasses
import functools
import re

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.export import TaggerPlan, fresh_process
from keras_seq.export.errors import ExportError
from keras_seq.export.parity import check_tflite
from keras_seq.export.saved_model import SavedModel
from keras_seq.export.tflite import convert, operators
from keras_seq.models import CharacterSettings, TaggerSettings, build_tagger
from keras_seq.text import WordEncoder, tag_schemes
from tests.export.conftest import WORDS, checked_saved_model, saved, with_loud_weights

TAGS = ["B-x", "B-到", "I-x", "I-到", "O"]
INTENTS = ["book", "问"]
SENTENCES = [WORDS[start : start + size] for start, size in zip(range(0, 200, 9), range(1, 23), strict=False)]
TEXTS = ["A good  film!", "", "好电影，très\N{SOFT HYPHEN} bad", "\n", "word1 word2 " * 40, "word17 zzzz"]
KINDS = {
    "crf": {},
    "softmax": {"head": "softmax", "characters": {"reader": "rnn"}},
    "ngrams": {"cell": "gru", "characters": {"reader": "ngrams", "slots": 97}, "heads": 2},
    "words": {"characters": {"reader": "none"}, "num_layers": 2, "residual": True},
}


@functools.cache
def plan_of(kind="crf", tags=tuple(TAGS), intents=tuple(INTENTS), scheme="IOB2", **options):
    """A tagger of odd sizes with large random weights, and all that its export needs."""
    given = dict(KINDS[kind])
    characters = CharacterSettings(
        **{"length": 5, "units": 3, "embedding_dim": 4} | given.pop("characters", {})
    )
    settings = dataclasses.replace(TaggerSettings(embedding_dim=8, units=5), **given, characters=characters)
    letters = 0 if characters.reader == "none" else characters.length
    encoder = WordEncoder.fit(SENTENCES * 2, letters=letters, lowercase=True, digits=False)
    allowed = tag_schemes.allowed_transitions(tags, scheme)
    sizes = len(encoder.vocabulary), len(encoder.characters or ()), len(tags), len(intents)
    model = with_loud_weights(build_tagger(settings, *sizes, allowed=allowed))
    kernel, bias = (layer := model.get_layer("tag_logits")).get_weights()
    layer.set_weights([12 * kernel, 0 * bias])  # the states decide, not the tag
    plan = TaggerPlan(model, encoder, tags, intents, scheme, SENTENCES, **options)
    plan.sentences = [tokens for tokens in plan.sentences if len(tokens) <= 40]  # the others take long
    plan.texts = list(map(" ".join, plan.sentences))
    return plan


@functools.cache
def content_of(kind="crf", quantize="none", **options):
    return convert(*plan_of(kind, **options).tflite_signatures(), quantize=quantize)


def checked(kind, quantize="none", tolerance=1e-5, **options):
    plan = plan_of(kind, **options)
    content = content_of(kind, quantize, **options)
    return check_tflite(content, plan.reference, plan.id_lists(), tolerance, plan.difference)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tagger_answers_in_lite_as_in_keras(kind):
    parity = checked(kind)
    assert set(parity.differences) == {"tag_ids", "intent_probabilities", "intent_weights"}
    assert max(parity.differences.values()) < 1e-5 and parity.agreement["intent"] == 1.0
    assert parity.agreement["tag"] > 0.999  # but for ties
    assert not [name for name in operators(content_of(kind)) if name.startswith("CUSTOM")]


def test_a_fixed_length_holds_in_the_interpreter_and_in_the_compiled_model():
    parity = checked("crf", length=12)
    assert max(parity.differences.values()) < 1e-5
    assert max(map(len, plan_of("crf", length=12).id_lists())) == 12


@pytest.mark.parametrize("kind", ["crf", "softmax"])
def test_tags_are_legal_in_lite_whatever_the_weights(kind):
    from keras_seq.export.runtime import TFLiteModel

    found = TFLiteModel(content_of(kind)).predict(plan_of(kind).id_lists())["tag_ids"]
    names = [[TAGS[number] for number in tag_ids] for tag_ids in found]
    assert all(tag_schemes.is_legal(tags, "IOB2") for tags in names)
    assert len({tag for tags in names for tag in tags}) >= 3


MANY = ("O", *(f"{letter}-{number}" for number in range(17) for letter in "BI"))  # 35² > 1,024 weights


def test_int8_is_smaller_and_leaves_the_transitions_as_they_are():
    plan = plan_of(tags=MANY)
    layer = next(layer for layer in plan.reference.model.layers if layer.name == "chain")
    transitions = np.where(layer.allowed, layer.transitions.numpy(), np.float32(-32768)).tobytes()
    embeddings = plan.reference.model.get_layer("embedding").embeddings.numpy().tobytes()
    exact, content = content_of(tags=MANY), content_of(quantize="int8", tags=MANY)
    assert exact.count(transitions) == exact.count(embeddings) == 1
    assert content.count(transitions) == 1 and embeddings not in content
    assert len(content) < len(exact)
    parity = checked("crf", "int8", tolerance=None, tags=MANY)
    assert parity.agreement["tag"] > 0.8


def test_tags_that_score_as_well_are_as_good_and_others_are_not():
    plan = plan_of()
    number = next(i for i, tokens in enumerate(plan.sentences) if len(tokens) == 13)
    rows = plan.id_lists()[number]
    best = plan.reference.predict([rows])["tag_ids"][0]
    assert plan.difference("tag_ids", number, {"tag_ids": best}, {"tag_ids": best.copy()}) == 0.0
    other = np.full_like(best, TAGS.index("O"))
    chain = plan._chain.run(rows[None])["chain"][0]

    def score(tags):
        steps, start, end, words = chain[:5], chain[5], chain[6], chain[7:]
        pairs = sum(steps[one, two] for one, two in zip(tags, tags[1:], strict=False))
        return start[tags[0]] + sum(words[range(13), tags]) + pairs + end[tags[-1]]

    expected = (score(best) - score(other)) / 13
    assert expected > 0.01
    found = plan.difference("tag_ids", number, {"tag_ids": best}, {"tag_ids": other})
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_file_whose_transitions_moved_is_refused():
    plan = plan_of()
    layer = next(layer for layer in plan.reference.model.layers if layer.name == "chain")
    transitions = np.where(layer.allowed, layer.transitions.numpy(), np.float32(-32768))
    content = content_of()
    moved = content.replace(transitions.tobytes(), (transitions - np.eye(5, dtype="f4") * 3).tobytes())
    assert moved != content
    with pytest.raises(ExportError, match=r"differs from the Keras model: tag_ids by"):
        check_tflite(moved, plan.reference, plan.id_lists(), difference=plan.difference)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(plan_of(), tmp_path_factory.mktemp("saved_model"))


@pytest.fixture(scope="module")
def answers(folder):
    """What the fresh process answers to the plan's own questions, once."""
    parity, answers = checked_saved_model(plan_of(), folder)
    assert parity.texts == 2 * len(plan_of().sentences)
    return answers


@pytest.mark.parametrize(
    ("signature", "output", "value", "said"),
    [
        ("tags", "tags", "B-y", "answers other tags than keras_seq"),
        ("tokens", "tokens", "word", "answers other tokens"),
        ("token_starts", "token_starts", 99, "answers other token_starts"),
        ("span_labels", "span_labels", "x ", "answers other span_labels"),
        ("span_ends", "span_ends", 99, "answers other span_ends"),
    ],
)
def test_a_saved_model_that_says_something_else_is_refused(
    answers, folder, monkeypatch, signature, output, value, said
):
    spoilt = [{name: list(rows) for name, rows in answer.items()} for answer in answers]
    rows = next(
        answer[output]
        for answer in spoilt
        if any(row and row[0] not in ("", -1) for row in answer.get(output, []))
    )
    place = next(place for place, row in enumerate(rows) if row and row[0] not in ("", -1))
    rows[place] = [value, *rows[place][1:]]
    monkeypatch.setattr(fresh_process, "_in_fresh_process", lambda *_: spoilt)
    with pytest.raises(ExportError, match=said):
        plan_of().check_saved_model(folder)


@pytest.fixture(scope="module")
def model(folder):
    return tf.saved_model.load(str(folder))


def answer_of(signature, **inputs):
    return {name: output.numpy() for name, output in signature(**inputs).items()}


def test_text_in_tags_spans_and_intent_out_at_places_in_the_text(model):
    plan, found = plan_of(), answer_of(model.signatures["serving_default"], texts=tf.constant(TEXTS))
    assert set(found) == {
        *("tokens", "token_starts", "token_ends", "tags"),
        *("span_starts", "span_ends", "span_labels", "intent"),
    }
    for row, text in enumerate(TEXTS):
        tokens = plan.word_encoder.split(text)
        ids = plan.word_encoder.encode([token.text for token in tokens])
        expected = plan.reference.predict([ids])
        tags = [TAGS[number] for number in expected["tag_ids"][0]]
        assert [tag.decode() for tag in found["tags"][row] if tag] == tags
        places = list(zip(found["token_starts"][row], found["token_ends"][row], strict=True))
        assert places[: len(tokens)] == [(token.start, token.end) for token in tokens]
        assert set(places[len(tokens) :]) <= {(-1, -1)}
        spans = [
            (start, end, label.decode())
            for start, end, label in zip(
                found["span_starts"][row], found["span_ends"][row], found["span_labels"][row], strict=True
            )
            if label
        ]
        assert spans == [
            (tokens[first].start, tokens[behind - 1].end, label)
            for first, behind, label in tag_schemes.spans(tags)
        ]
        intent = INTENTS[expected["intent_probabilities"][0].argmax()] if tokens else ""
        assert found["intent"][row].decode() == intent


def test_tokens_that_are_cut_already_are_tagged(model):
    plan, sentences = plan_of(), [["word1", "好", "New York"], ["", "!"], []]
    padded = tf.constant([tokens + [""] * (3 - len(tokens)) for tokens in sentences])
    found = answer_of(model.signatures["tokens"], tokens=padded)
    for row, tokens in enumerate(sentences):
        (expected,) = plan.reference.predict([plan.word_encoder.encode(tokens)])["tag_ids"]
        names = [TAGS[number] for number in expected]
        assert [tag.decode() for tag in found["tags"][row]] == names + [""] * (3 - len(tokens))
    assert found["intent"][2] == b"" and found["intent"][0].decode() in INTENTS


@pytest.mark.parametrize("texts", [[], [""], ["", "\n"], [b"go\xffod \xe4"]])
def test_no_texts_empty_texts_and_malformed_bytes_are_answered(model, texts):
    found = answer_of(model.signatures["serving_default"], texts=tf.constant(texts, tf.string))
    assert all(len(output) == len(texts) for output in found.values())
    found = answer_of(model.signatures["tokens"], tokens=tf.zeros((len(texts), 0), tf.string))
    assert found["tags"].shape == (len(texts), 0) and set(found["intent"]) <= {b""}
    ids = tf.zeros((len(texts), 0, plan_of().word_encoder.width), tf.int32)
    assert len(model.signatures["token_ids"](token_ids=ids)["intent_probabilities"]) == len(texts)


def test_on_token_ids_it_answers_as_the_keras_model(folder):
    plan = plan_of()
    found, expected = SavedModel(folder).predict(plan.id_lists()), plan.reference.predict(plan.id_lists())
    assert set(found) == set(expected)
    for number, (ours, theirs) in enumerate(zip(found["tag_ids"], expected["tag_ids"], strict=True)):
        assert plan.difference("tag_ids", number, {"tag_ids": theirs}, {"tag_ids": ours}) < 1e-5
    np.testing.assert_allclose(found["intent_probabilities"], expected["intent_probabilities"], atol=1e-5)


@pytest.mark.parametrize(
    ("scheme", "tags"), [("plain", ("ADJ", "NOUN", "动词")), ("IOBES", ("B-x", "E-x", "I-x", "O", "S-x"))]
)
def test_other_schemes_and_no_intents_have_their_own_signatures(scheme, tags):
    plan = plan_of("softmax", tags=tags, intents=(), scheme=scheme)
    signatures, _ = plan.saved_model_signatures()
    texts = tf.constant(TEXTS)
    found = answer_of(signatures["serving_default"], texts=texts)
    spans = {"span_starts", "span_ends", "span_labels"} if scheme != "plain" else set()
    assert set(found) == {"tokens", "token_starts", "token_ends", "tags"} | spans
    for row, text in enumerate(TEXTS):
        ids = plan.word_encoder.encode([token.text for token in plan.word_encoder.split(text)])
        (expected,) = plan.reference.predict([ids])["tag_ids"]
        assert [tag.decode() for tag in found["tags"][row] if tag] == [tags[number] for number in expected]


def test_a_model_trained_in_half_precision_is_exported_in_float32():
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        plan = plan_of.__wrapped__("softmax")
    finally:
        keras.config.set_dtype_policy("float32")
    content = convert(*plan.tflite_signatures())
    parity = check_tflite(content, plan_of("softmax").reference, plan.id_lists(), difference=plan.difference)
    assert max(parity.differences.values()) < 1e-5


def test_the_snippet_of_the_card_cuts_to_the_fixed_length():
    assert re.search(r"\)\]\[:12\]\n.*zeros\(\(1, 12,", plan_of("crf", length=12).example("tflite"))
