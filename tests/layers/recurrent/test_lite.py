"""Steps of every kind become LiteRT's builtin operators, with batch and length unknown."""

import keras
import numpy as np
import pytest

from keras_seq.export.runtime import TFLiteModel
from keras_seq.layers import (
    Attention,
    AttentionRNN,
    BahdanauCell,
    CoverageAttention,
    LuongCell,
    MonotonicAttention,
    PointerGenerator,
)
from tests.export.conftest import converted, with_loud_weights


def _recurrent(cell):
    return lambda words, others, ids: AttentionRNN(cell(), return_state=True)(
        others, words, return_attention_scores=True
    )


def _monotonic_then_copied(words, others, ids):
    context, weights = MonotonicAttention()(others, words, return_attention_scores=True)
    probs = keras.layers.Dense(500, activation="softmax")(context)
    return context, weights, PointerGenerator(extra=2)(context, probs, weights, ids)


MODELS = {
    "bahdanau": _recurrent(
        lambda: BahdanauCell(keras.layers.GRUCell(4), Attention("additive", scope="local_p"))
    ),
    "luong": _recurrent(lambda: LuongCell(keras.layers.LSTMCell(4), CoverageAttention())),
    "monotonic": _monotonic_then_copied,
}


@pytest.mark.parametrize("kind", MODELS)
def test_it_answers_in_lite_as_in_keras(kind, random):
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(500, 6, mask_zero=True)(token_ids)
    others = keras.layers.Embedding(500, 5, mask_zero=True)(token_ids)
    outputs = {f"output_{i}": each for i, each in enumerate(MODELS[kind](words, others, token_ids))}
    model = with_loud_weights(keras.Model(token_ids, outputs))
    lite = TFLiteModel(converted(model))
    for batch, length in ((1, 1), (2, 7), (5, 12)):
        ids = random.integers(1, 500, size=(batch, length)).astype("int32")
        ids[-1, (length + 1) // 2 :] = 0
        found, expected = lite.run(ids), model(ids)
        for name in outputs:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-5, err_msg=name)
