"""Small models that choose, and what they are trained on."""

import keras
import numpy as np

from keras_seq.layers import Attention, AttentionPooling, LuongCell, RecurrentDecoder

RANDOM = np.random.default_rng(0)
WORDS = RANDOM.normal(size=(32, 6, 4)).astype("float32")
LABELS = RANDOM.integers(0, 3, 32)
NUMBERS = RANDOM.normal(size=(32, 1)).astype("float32")
LENGTHS = RANDOM.integers(2, 6, 32)
TARGET = np.where(np.arange(5) < LENGTHS[:, None], RANDOM.integers(1, 9, size=(32, 5)), 0)
NEXT = np.where(TARGET > 0, TARGET, -1)


def hard(selection="hard", **arguments):
    return Attention("additive", selection=selection, seed=1, **arguments)


def pooling(two=False, selection="hard"):
    """Words -> logits `(B, 3)`; with `two` also a number."""
    keras.utils.set_random_seed(2)
    words = keras.Input((None, 4))
    context = AttentionPooling(hard(selection), name="pooling")(words)
    logits = keras.layers.Dense(3, dtype="float32", name="label")(context)
    number = keras.layers.Dense(1, dtype="float32", name="number")(context)
    return keras.Model(words, {"label": logits, "number": number} if two else logits, name="reader")


def decoder(selection="hard"):
    """Words and a target, padded -> logits `(B, T, 9)`."""
    keras.utils.set_random_seed(2)
    words, target = keras.Input((None, 4)), keras.Input((None,), dtype="int32")
    known = keras.layers.Embedding(9, 5, mask_zero=True)(target)
    states = RecurrentDecoder(LuongCell(keras.layers.GRUCell(4), hard(selection)), name="decoder")(
        known, words
    )
    return keras.Model([words, target], keras.layers.Dense(9)(states), name="translator")


def crossentropy():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


ESTIMATORS = {
    "leave one out": {"estimator": "leave_one_out", "samples": 3},
    "no baseline": {"estimator": "reinforce", "baseline": "none"},
    "moving average": {"estimator": "reinforce", "baseline": "moving_average"},
    "learned": {"estimator": "reinforce", "baseline": "learned"},
    "self-critical": {"estimator": "reinforce", "baseline": "self_critical"},
    "soft": {"estimator": "reinforce", "baseline": "soft"},
    "straight through": {"estimator": "straight_through", "temperature": 0.7},
    "enumerate": {"estimator": "enumerate"},
    "variational": {"estimator": "variational"},
}
