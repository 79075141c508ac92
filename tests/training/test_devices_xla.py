"""Every app and every architecture is trained by XLA as without it: one step, the loss and the weights."""

import keras
import numpy as np
import pytest

from keras_seq.application.learner import learner_of
from keras_seq.application.trainer import batches_of
from keras_seq.training import build_all, compile_model
from tests.apps.small_trainings import app_of, columns

RECURRENT = {"architecture": "rnn", "tokenizer": "words", "attention.dropout": 0.0}
TRANSFORMER = {"architecture": "transformer", "embedding_dim": 8, "heads": 2, "feed_forward_dim": 8}
CASES = {
    "sentiment, attention": ("sentiment", {"num_layers": 1, "cell": "gru"}),
    "sentiment, n-grams, LSTM": ("sentiment", {"num_layers": 1, "ngrams": 2, "ngram_slots": 97}),
    "sentiment, hard attention": ("sentiment", {"attention.selection": "hard"}),
    "tagging, CRF, letters by RNN": ("tagging", {"characters": {"reader": "rnn", "units": 3, "length": 4}}),
    "tagging, softmax, letters by CNN": (
        "tagging",
        {"head": "softmax", "num_layers": 0, "characters": {"reader": "cnn", "length": 4}},
    ),
    "tagging, self-attention, n-grams": ("tagging", {"heads": 2, "num_layers": 0, "characters": "ngrams"}),
    "translation, ConvS2S": ("translation", {}),
    "translation, Transformer": ("translation", TRANSFORMER),
    "translation, Bahdanau": ("translation", {**RECURRENT, "attention.cell": "bahdanau"}),
    "translation, Luong": ("translation", {**RECURRENT, "attention.cell": "luong", "cell": "lstm"}),
    "translation, context at every step": ("translation", {**RECURRENT, "context": "every_step"}),
    "translation, context as first state": ("translation", {**RECURRENT, "context": "first_state"}),
}


def prepared(case):
    """A learner that is built, and a batch, the only shape that there is."""
    name, settings = CASES[case]
    app = app_of(name, **{**settings, "static_shapes": True, "max_length": 12})
    examples = app.ready(app.examples(*columns(name, 9)))
    app.prepare(examples)
    inputs, targets = app.encode(examples)
    batches = batches_of(app, inputs, targets, shuffle=False)
    assert len(batches.shapes) == 1
    app.set_model(app.build_model(inputs, targets))
    learner = learner_of(app, steps=0)  # which chooses from its first step on
    compile_model(learner, app.settings, 10, app.loss(), app.metrics(), app.loss_weights())
    batch = next(iter(batches.dataset()))
    build_all(learner, batch)
    return learner, batch


@pytest.mark.parametrize("case", CASES)
def test_a_step_that_xla_compiles_is_the_step(case):
    learner, batch = prepared(case)
    variables = learner.variables + learner.optimizer.variables
    start = [keras.ops.convert_to_numpy(each) for each in variables]
    ends = []
    for jit in (False, True):
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        learner.run_eagerly, learner.jit_compile = not jit, jit
        assert learner.jit_compile == jit  # each layer has a form for XLA
        learner.make_train_function(force=True)
        logs = learner.train_on_batch(*batch, return_dict=True)
        ends.append(
            (logs["loss"], [keras.ops.convert_to_numpy(each) for each in learner.trainable_variables])
        )
    (loss, weights), (compiled_loss, compiled_weights) = ends
    if "hard" in case:  # XLA draws other numbers, and so makes other choices
        assert np.isfinite(compiled_loss) and all(np.isfinite(each).all() for each in compiled_weights)
        return
    np.testing.assert_allclose(compiled_loss, loss, rtol=1e-5)
    for one, other in zip(weights, compiled_weights, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-5)
