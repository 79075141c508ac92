"""Every setting of the classifier builds and learns a step, and its explainer's weights are fractions."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_seq.layers import AttentionPooling, RecurrentEncoder
from keras_seq.models import AttentionSettings, ClassifierSettings, build_classifier, explainer

SMALL = ClassifierSettings(embedding_dim=6, units=4, dropout=0.2)
TOKEN_IDS = np.array([[5, 3, 9, 0, 0], [4, 8, 2, 7, 6], [0, 0, 0, 0, 0]], "int32")
LABELS = np.array([0, 1, 2])
OPTIONS = [
    {"cell": "gru"},
    {"cell": "simple"},
    {"cell": "lstm", "bidirectional": False, "pooling": "last"},
    {"num_layers": 0, "pooling": "mean"},
    {"num_layers": 2, "residual": True, "pooling": "max"},
    {"pooling": "attention+max", "ngrams": 2, "ngram_slots": 97, "train_embeddings": False},
    {"pooling": "last"},
    {"num_layers": 0},
    {"attention": AttentionSettings(score="scaled_dot", dropout=0.2)},
    {"dropout": 0.0, "word_dropout": 0.0, "num_layers": 0},
]


def classifier(**options):
    keras.utils.set_random_seed(0)
    return build_classifier(dataclasses.replace(SMALL, **options), vocabulary_size=11, num_classes=3)


def _name(options):
    return ", ".join(f"{name}={getattr(value, 'score', value)}" for name, value in options.items())


@pytest.mark.parametrize("options", OPTIONS, ids=_name)
def test_every_option_builds_and_learns_a_step(options):
    model = classifier(**options)
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=loss, run_eagerly=True)
    model.fit(TOKEN_IDS, LABELS, batch_size=3, verbose=0)
    for weight in model.trainable_weights:
        assert np.isfinite(weight.numpy()).all()
        assert np.abs(weight.numpy() - before[weight.path]).max() > 1e-9, weight.path
    assert model.predict(TOKEN_IDS, verbose=0).shape == (3, 3)


def test_every_setting_with_choices_was_tried_with_each():
    tried = [dataclasses.replace(SMALL, **options) for options in OPTIONS]
    for field in dataclasses.fields(ClassifierSettings):
        for choice in field.metadata["choices"] or ():
            assert any(getattr(settings, field.name) == choice for settings in tried), (field.name, choice)


@pytest.mark.parametrize("options", OPTIONS[3:6], ids=_name)
def test_padding_never_changes_the_logits(options):
    model = classifier(**options)
    longer = np.pad(TOKEN_IDS, [(0, 0), (0, 4)])
    np.testing.assert_allclose(model(longer), model(TOKEN_IDS), atol=1e-5)
    alone = [model(TOKEN_IDS[:1, :3]), model(TOKEN_IDS[1:2])]
    np.testing.assert_allclose(np.concatenate(alone), np.array(model(TOKEN_IDS))[:2], atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS, ids=_name)
def test_the_settings_are_what_is_built(options):
    settings, model = dataclasses.replace(SMALL, **options), classifier(**options)
    encoders = [layer for layer in model.layers if isinstance(layer, RecurrentEncoder)]
    assert len(encoders) == (settings.num_layers > 0)
    for encoder in encoders:
        for name in ("units", "cell", "num_layers", "bidirectional", "residual"):
            assert getattr(encoder, name) == getattr(settings, name)
    pooling = [layer for layer in model.layers if isinstance(layer, AttentionPooling)]
    assert len(pooling) == settings.pooling.startswith("attention")
    assert model.get_layer("word_dropout").rate == settings.word_dropout
    assert model.get_layer("embedding").output_dim == settings.embedding_dim


@pytest.mark.parametrize("score", ["additive", "scaled_dot"])
def test_the_explainers_weights_sum_to_one_over_the_kept_tokens(score):
    model = classifier(attention=AttentionSettings(score=score))
    answer = explainer(model)(TOKEN_IDS)
    weights, kept = np.array(answer["weights"]), TOKEN_IDS != 0
    assert weights.shape == TOKEN_IDS.shape and not weights[~kept].any() and (weights[kept] > 0).all()
    np.testing.assert_allclose(weights.sum(1), [1.0, 1.0, 0.0], atol=1e-6)
    logits = np.array(model(TOKEN_IDS)).astype("float64")
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)


def test_a_model_without_attention_explains_itself_without_weights():
    assert set(explainer(classifier(pooling="mean"))(TOKEN_IDS)) == {"probabilities"}


def test_the_explainer_shares_the_models_weights():
    model = classifier()
    shown = explainer(model)
    before = np.array(shown(TOKEN_IDS)["probabilities"])
    model.set_weights([weight + 0.1 for weight in model.get_weights()])
    assert np.abs(np.array(shown(TOKEN_IDS)["probabilities"]) - before).max() > 1e-4


def test_a_saved_classifier_loads_and_answers_the_same(tmp_path):
    model = classifier(num_layers=2, residual=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(TOKEN_IDS), model(TOKEN_IDS), atol=1e-6)
    np.testing.assert_allclose(
        explainer(again)(TOKEN_IDS)["weights"], explainer(model)(TOKEN_IDS)["weights"], atol=1e-6
    )


def test_under_half_precision_the_logits_are_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = classifier()
    finally:
        keras.config.set_dtype_policy(policy)
    logits = model(TOKEN_IDS)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32" and np.isfinite(np.array(logits)).all()
