"""A task whose answer stands at one position, behind no recurrence: the choice finds that position."""

import keras
import numpy as np
import pytest

from keras_seq.layers import Attention, AttentionPooling
from keras_seq.models import attention_choices
from keras_seq.training import Reinforce

LENGTH, LABELS = 8, 4


def examples(number, seed):
    """Words with a label each, of which the marked one's counts: [label ; mark], that label, its position."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, LABELS, (number, LENGTH))
    position = random.integers(0, LENGTH, number)
    mark = np.eye(LENGTH)[position][..., None]
    words = np.concatenate([np.eye(LABELS)[labels], mark], axis=-1).astype("float32")
    return words, labels[np.arange(number), position], position


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": "leave_one_out", "samples": 4},
        {"estimator": "reinforce", "baseline": "learned"},
        {"estimator": "variational"},
    ],
    ids=lambda options: options["estimator"],
)
def test_the_choice_finds_where_the_answer_stands(options):
    keras.utils.set_random_seed(1)
    words = keras.Input((LENGTH, LABELS + 1))
    attention = Attention("additive", selection="hard", seed=1)
    context = AttentionPooling(attention)(keras.layers.Dense(16, "tanh")(words))
    model = Reinforce(keras.Model(words, keras.layers.Dense(LABELS)(context)), **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"], jit_compile=False)
    given, labels, _ = examples(2048, seed=0)
    model.fit(given, labels, batch_size=128, epochs=15, verbose=0)
    given, labels, position = examples(1000, seed=1)
    (choice,) = attention_choices(model, given).values()
    found = np.mean(choice.chosen[:, 0].argmax(-1) == position)
    assert found >= 0.99, found
    assert model.evaluate(given, labels, verbose=0)[1] >= 0.99
