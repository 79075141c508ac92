"""Small translators of every kind, for the tests of the model and of what translates with it."""

import keras
import numpy as np

from keras_seq.models import TranslatorSettings, build_translator
from keras_seq.settings import updated

WORDS = 20
SMALL = {
    "embedding_dim": 8, "units": 6, "heads": 2, "feed_forward_dim": 12, "dropout": 0.2, "max_positions": 32,
}  # fmt: skip
OPTIONS = {
    "luong": {},
    "bahdanau": {"attention.cell": "bahdanau", "cell": "lstm", "tied": "target"},
    "local_m": {
        "attention": {"score": "concat", "scope": "local_m", "normalizer": "sparsemax"},
        "attention.input_feeding": False,
        "cell": "simple",
    },
    "local_p": {
        "attention": {"score": "general", "scope": "local_p", "window": 2, "dropout": 0.3},
        "num_layers": 2,
        "residual": True,
        "decoder_units": 5,
    },
    "by place": {"attention": {"score": "location", "normalizer": "relu"}, "decoder_layers": 2},
    "dot": {"attention": {"score": "dot"}, "bidirectional": False, "tied": "all", "word_dropout": 0.1},
    "scaled_dot": {"attention": {"score": "scaled_dot", "selection": "hard"}},
    "cosine": {"attention": {"score": "cosine"}, "scheduled_sampling": 0.5, "sampling_steps": 0},
    "first state": {"context": "first_state", "tied": "target", "num_layers": 2, "residual": True},
    "every step": {"context": "every_step", "cell": "lstm", "bidirectional": False},
    "conv_s2s": {"architecture": "conv_s2s", "positions": "learned", "num_layers": 2, "tied": "all"},
    "plain conv_s2s": {"architecture": "conv_s2s", "positions": "none", "kernel_size": 2},
    "transformer": {"architecture": "transformer", "tied": "all", "num_layers": 2},
    "rotary": {
        "architecture": "transformer", "positions": "rotary", "norm_first": False, "scheduled_sampling": 0.5,
    },
}  # fmt: skip
SOURCE = np.array([[5, 7, 9, 4, 6], [8, 3, 11, 0, 0], [12, 0, 0, 0, 0]], "int32")
TARGET = np.array([[2, 9, 4, 8], [2, 13, 0, 0], [2, 5, 6, 0]], "int32")  # the end symbol first
NEXT = np.array([[9, 4, 8, 2], [13, 2, -1, -1], [5, 6, 2, -1]], "int32")
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}


def settings_of(kind):
    return updated(TranslatorSettings(), {**SMALL, **OPTIONS[kind]})


def translator(kind):
    """The model, with weights that are large enough for its answers to differ."""
    keras.utils.set_random_seed(1)
    model = build_translator(settings_of(kind), WORDS, WORDS)
    random = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.4 * random.normal(size=weight.shape))
    return model
