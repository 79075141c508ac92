"""Every setting of the translator builds and learns, tells words by those before, and knows no padding."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.layers import choosing
from keras_seq.losses import TokenCrossentropy
from keras_seq.models import DecoderAttentionSettings, TranslatorSettings, build_translator
from keras_seq.settings import updated
from tests.models.translators import (
    INPUTS,
    NEXT,
    OPTIONS,
    SMALL,
    SOURCE,
    TARGET,
    WORDS,
    settings_of,
    translator,
)

GRAPHS = ("luong", "transformer")


@pytest.fixture(scope="module", params=OPTIONS)
def built(request):
    return request.param, translator(request.param)


def test_it_tells_the_next_word_by_the_words_so_far(built):
    _, model = built
    logits = np.array(model(INPUTS))
    assert logits.shape == (3, 4, WORDS) and logits.dtype == "float32"
    later = TARGET.copy()
    later[:, 2:] = 17
    changed = np.array(model({**INPUTS, "target_ids": later}))
    np.testing.assert_allclose(changed[:, :2], logits[:, :2], atol=1e-5)
    assert not np.allclose(changed[:, 2], logits[:, 2], atol=1e-3)
    other_source = np.array(model({**INPUTS, "source_ids": SOURCE + np.array([[8], [0], [0]])}))
    assert not np.allclose(other_source[0], logits[0], atol=1e-3)
    np.testing.assert_allclose(other_source[1:], logits[1:], atol=1e-5)


def test_padding_changes_nothing_and_an_empty_source_is_safe(built):
    _, model = built
    logits = np.array(model(INPUTS))
    longer = {name: np.pad(ids, [(0, 0), (0, 3)]) for name, ids in INPUTS.items()}
    np.testing.assert_allclose(np.array(model(longer))[:, :4], logits, atol=2e-5)
    assert np.isfinite(model({**INPUTS, "source_ids": np.zeros_like(SOURCE)})).all()


def test_a_step_of_fit_moves_every_weight(built):
    kind, _ = built
    keras.utils.set_random_seed(3)
    model = build_translator(settings_of(kind), WORDS, WORDS)
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    in_steps = kind not in GRAPHS  # tracing is what takes the time
    model.compile(keras.optimizers.SGD(1.0), TokenCrossentropy(0.1), run_eagerly=in_steps, jit_compile=False)
    with choosing.by(choosing.Drawing()):
        model.fit(INPUTS, NEXT, batch_size=3, verbose=0)
    still = set()
    for weight in model.trainable_weights:
        assert np.isfinite(weight.numpy()).all()
        if np.abs(weight.numpy() - before[weight.path]).max() < 1e-9:
            still.add("/".join(weight.path.split("/")[-2:]))
    assert still <= {"key/bias"}, still  # a softmax of scores does not feel it


def test_every_setting_with_choices_was_tried_with_each():
    tried = [settings_of(kind) for kind in OPTIONS]
    for kind, part in (
        (TranslatorSettings, lambda one: one),
        (DecoderAttentionSettings, lambda one: one.attention),
    ):
        for field in dataclasses.fields(kind):
            for choice in field.metadata["choices"] or ():
                assert any(getattr(part(one), field.name) == choice for one in tried), (field.name, choice)


def test_tied_vectors_are_one_weight():
    def sizes(kind, **options):
        model = build_translator(updated(settings_of(kind), options), WORDS, WORDS)
        return sum(weight.shape == (WORDS, 8) or weight.shape == (8, WORDS) for weight in model.weights)

    assert [sizes("transformer", tied=tied) for tied in ("none", "target", "all")] == [3, 2, 1]


def test_the_written_words_of_scheduled_sampling_are_read_in_training_alone():
    model = translator("cosine")
    plain = translator("cosine")
    plain.get_layer("scheduled_sampling").rate = 0.0
    calm = [np.array(each(INPUTS)) for each in (model, plain)]
    np.testing.assert_array_equal(*calm)
    for name in ("source_dropout", "target_dropout", "state_dropout"):
        for each in (model, plain):
            each.get_layer(name).rate = 0.0
    sampled, true = (np.array(each(INPUTS, training=True)) for each in (model, plain))
    np.testing.assert_allclose(true, calm[0], atol=1e-6)
    np.testing.assert_allclose(sampled[:, 0], true[:, 0], atol=1e-6)  # behind the end symbol, always
    assert not np.allclose(sampled, true, atol=1e-3)


@pytest.mark.parametrize(
    "options, letter",
    [
        ({"tied": "all"}, "tied=all wants one vocabulary.*\nReceived: 20 source tokens, 21 target tokens"),
        ({"architecture": "transformer", "heads": 3}, "heads must divide embedding_dim. Received: heads=3"),
        ({"architecture": "transformer", "heads": 8, "positions": "rotary"}, "heads of an even width"),
        ({"architecture": "conv_s2s", "positions": "rotary"}, "Use sinusoidal or learned"),
        ({"scheduled_sampling": 1.5}, "a probability, at most 1. Received: scheduled_sampling=1.5"),
        ({"attention": {"score": "dot"}, "decoder_units": 5}, "'dot' wants a decoder as wide as the encoder"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(options, letter):
    with pytest.raises(InputError, match=letter):
        build_translator(updated(TranslatorSettings(), {**SMALL, **options}), 20, 21)
