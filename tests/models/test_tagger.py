"""Every setting of the tagger builds and learns a step; what it answers is legal and knows no padding."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest

from keras_seq.layers import CRF, RecurrentEncoder
from keras_seq.losses import ChainLikelihood, TagCrossentropy
from keras_seq.models import CharacterSettings, TaggerSettings, build_tagger, explainer, load_model
from keras_seq.text.tag_schemes import allowed_transitions, is_legal

TAGS = ["B-x", "B-y", "I-x", "I-y", "O"]
LETTERS, WORDS, INTENTS = 7, 11, 3
SMALL = TaggerSettings(
    embedding_dim=6,
    units=4,
    dropout=0.2,
    characters=CharacterSettings(length=LETTERS, units=3, embedding_dim=2),
)
OPTIONS = [
    {},
    {"cell": "gru", "characters.reader": "rnn", "head": "softmax"},
    {"cell": "simple", "characters.reader": "ngrams", "characters.slots": 97, "bidirectional": False},
    {"num_layers": 2, "residual": True, "heads": 2, "characters.longest": 2, "token_dropout": 0.2},
    {"num_layers": 0, "characters.reader": "none", "train_embeddings": False},
    {"cell": "lstm", "heads": 1, "num_layers": 0, "head": "softmax", "word_dropout": 0.0},
]


def settings_with(options):
    parts = {name.split(".")[1]: value for name, value in options.items() if "." in name}
    rest = {name: value for name, value in options.items() if "." not in name}
    return dataclasses.replace(SMALL, **rest, characters=dataclasses.replace(SMALL.characters, **parts))


def tagger(options, num_intents=INTENTS):
    keras.utils.set_random_seed(0)
    return build_tagger(
        settings_with(options), WORDS, 9, len(TAGS), num_intents, allowed=allowed_transitions(TAGS)
    )


def batch(options):
    """Sentences of 3, 5, 0 and 1 words, and their tags and intents."""
    random = np.random.default_rng(1)
    width = 1 + (0 if options.get("characters.reader") == "none" else LETTERS)
    ids = random.integers(2, 9, (4, 5, width)).astype("int32")
    tags = np.array([[4, 0, 2, 1, 3], [0, 2, 2, 4, 1], [4] * 5, [1, 4, 4, 4, 4]])
    for row, length in enumerate((3, 5, 0, 1)):
        ids[row, length:], tags[row, length:] = 0, -1
    return ids, {"tags": tags, "intent": np.eye(3, dtype="float32")[[0, 1, 2, 0]]}


def loss_of(options):
    tags = TagCrossentropy() if options.get("head") == "softmax" else ChainLikelihood()
    return {"tags": tags, "intent": keras.losses.CategoricalCrossentropy(from_logits=True)}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_builds_and_learns_a_step(options):
    model = tagger(options)
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=loss_of(options), jit_compile=False)
    model.fit(*batch(options), batch_size=4, verbose=0)
    still = set()
    for weight in model.trainable_weights:
        assert np.isfinite(weight.numpy()).all()
        if np.abs(weight.numpy() - before[weight.path]).max() < 1e-9:
            still.add(weight.path)
    assert still <= {"self_attention/key/bias"}  # a softmax of scores does not feel it


def test_every_setting_with_choices_was_tried_with_each():
    tried = [settings_with(options) for options in OPTIONS]
    for kind, part in ((TaggerSettings, lambda one: one), (CharacterSettings, lambda one: one.characters)):
        for field in dataclasses.fields(kind):
            for choice in field.metadata["choices"] or ():
                assert any(getattr(part(one), field.name) == choice for one in tried), (field.name, choice)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_padding_changes_no_answer_and_an_empty_sentence_is_safe(options):
    answers = explainer(tagger(options))
    ids, _ = batch(options)
    whole = {name: np.array(output) for name, output in answers(ids).items()}
    longer = answers(np.pad(ids, [(0, 0), (0, 3), (0, 0)]))
    for name, output in whole.items():
        assert np.isfinite(output).all()
        of_longer = np.array(longer[name])
        if name != "intent_probabilities":
            assert not of_longer[:, 5:].any()  # tags and weights of padding are 0
            of_longer = of_longer[:, :5]
        np.testing.assert_allclose(of_longer, output, atol=1e-5)
    for row, length in ((0, 3), (3, 1)):
        alone = answers(ids[row : row + 1, :length])
        np.testing.assert_array_equal(alone["tag_ids"][0], whole["tag_ids"][row, :length])
        np.testing.assert_allclose(
            alone["intent_probabilities"][0], whole["intent_probabilities"][row], atol=1e-5
        )
    np.testing.assert_allclose(whole["intent_weights"].sum(1), [1, 1, 0, 1], atol=1e-5)
    assert whole["tag_ids"].dtype == np.int32 and not whole["tag_ids"][2].any()


def test_a_chain_gives_legal_tags_whatever_the_logits():
    model = tagger({"num_layers": 0, "characters.reader": "none"})
    embeddings = model.get_layer("embedding").embeddings
    embeddings.assign(np.random.default_rng(0).normal(size=embeddings.shape) * 30)
    ids = np.random.default_rng(2).integers(1, WORDS, (50, 6, 1)).astype("int32")
    found = np.array(explainer(model)(ids)["tag_ids"])
    assert all(is_legal([TAGS[tag] for tag in tags], "IOB2") for tags in found)
    assert len(np.unique(found)) >= 3


def test_softmax_answers_are_the_likeliest_tags():
    model = tagger(OPTIONS[1])
    ids, _ = batch(OPTIONS[1])
    logits = np.array(model(ids)["tags"])
    np.testing.assert_array_equal(explainer(model)(ids)["tag_ids"][1], logits[1].argmax(-1))


def test_softmax_answers_are_the_likeliest_that_are_legal():
    model = tagger(OPTIONS[1])
    layer = model.get_layer("tag_logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([100 * kernel, bias])  # the states decide, not the tag
    ids, _ = batch(OPTIONS[1])
    logits = np.array(model(ids)["tags"])
    found = np.array(explainer(model, allowed_transitions(TAGS, "IOB2"))(ids)["tag_ids"])
    changed = 0
    for row, length in enumerate((3, 5, 0, 1)):
        every = itertools.product(range(len(TAGS)), repeat=length)
        legal = [tags for tags in every if is_legal([TAGS[tag] for tag in tags], "IOB2")]
        best = max(legal, key=lambda tags: sum(logits[row, t, tag] for t, tag in enumerate(tags)))
        assert found[row, :length].tolist() == list(best) and not found[row, length:].any()
        changed += best != tuple(logits[row, :length].argmax(-1))
    assert changed, "every likeliest tag is legal: this shows nothing"


@pytest.mark.parametrize("options", OPTIONS[:4], ids=str)
def test_a_saved_tagger_answers_the_same(options, tmp_path):
    model = tagger(options, num_intents=0)
    model.save(tmp_path / "model.keras")
    ids, _ = batch(options)
    again = explainer(load_model(tmp_path / "model.keras"))(ids)
    assert set(again) == {"tag_ids"}
    np.testing.assert_array_equal(again["tag_ids"], explainer(model)(ids)["tag_ids"])


def test_the_settings_are_what_is_built():
    for options in OPTIONS:
        settings, model = settings_with(options), tagger(options)
        (encoder,) = [layer for layer in model.layers if isinstance(layer, RecurrentEncoder)] or [None]
        assert (encoder is not None) == (settings.num_layers > 0)
        for name in ("units", "cell", "num_layers", "bidirectional", "residual", "dropout"):
            assert encoder is None or getattr(encoder, name) == getattr(settings, name)
        assert any(isinstance(layer, CRF) for layer in model.layers) == (settings.head == "crf")
        assert model.get_layer("embedding").trainable == settings.train_embeddings
