"""One tiny classifier, and what is made of it once for all tests of this room."""

import random as python_random

import keras
import numpy as np
import pytest

from keras_seq.export import fresh_process
from keras_seq.export.folder import seal
from keras_seq.export.inference import KerasModel, inference_model
from keras_seq.export.plan import token_id_signatures
from keras_seq.export.saved_model import export_saved_model
from keras_seq.export.tflite import convert
from keras_seq.models.classifier import build_classifier
from keras_seq.models.classifier_settings import ClassifierSettings
from keras_seq.settings import updated
from keras_seq.text import TextEncoder

WORDS = ["good", "bad", "film", "très", "好", "电", "影", "!", *(f"word{number}" for number in range(490))]


def make_classifier(num_classes: int = 3, vocabulary_size: int = 500, **settings) -> keras.Model:
    """A classifier of odd sizes that tells texts apart."""
    small = {"embedding_dim": 6, "units": 5, "dropout": 0.0, "word_dropout": 0.0}
    settings = updated(ClassifierSettings(), {**small, **settings})
    return with_loud_weights(build_classifier(settings, vocabulary_size, num_classes))


def with_loud_weights(model: keras.Model) -> keras.Model:
    """The model with random weights, biases too, that are large enough for its answers to differ."""
    generator = np.random.default_rng(7)
    model.set_weights([generator.normal(0, 0.6, weight.shape) for weight in model.get_weights()])
    return model


def converted(model: keras.Model, length: int | None = None, quantize: str = "none") -> bytes:
    """A model of token ids as the content of a `.tflite` file."""
    return convert(*token_id_signatures(inference_model(model), length), quantize=quantize)


def id_lists(count: int, longest: int, vocabulary_size: int = 500) -> list[list[int]]:
    """Texts as ids, of every length up to `longest` in mixed order; 1 is the unknown word."""
    generator = python_random.Random(3)
    lengths = [number * longest // (count - 1) for number in range(count)]
    generator.shuffle(lengths)
    return [[generator.randrange(1, vocabulary_size) for _ in range(length)] for length in lengths]


def saved(plan, folder):
    """The SavedModel of a plan, in a folder as an export leaves it."""
    export_saved_model(folder, *plan.saved_model_signatures())
    seal(folder)
    return folder


def checked_saved_model(plan, folder):
    """What the check of a SavedModel measured, and what a fresh process had answered to its questions."""
    kept, ask = [], fresh_process._in_fresh_process
    with pytest.MonkeyPatch.context() as patch:
        keep = lambda *task: kept.append(ask(*task)) or kept[0]  # noqa: E731
        patch.setattr(fresh_process, "_in_fresh_process", keep)
        return plan.check_saved_model(folder), kept[0]


@pytest.fixture(scope="session")
def classifier():
    return make_classifier()


@pytest.fixture(scope="session")
def reference(classifier):
    return KerasModel(classifier)


@pytest.fixture(scope="session")
def tflite(classifier):
    return converted(classifier)


@pytest.fixture(scope="session")
def text_encoder():
    encoder = TextEncoder.fit([" ".join(WORDS)], lowercase=True)
    assert len(encoder.vocabulary) == 500
    return encoder
