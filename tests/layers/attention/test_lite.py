"""Every part of an attention becomes LiteRT's builtin operators, with batch and length unknown."""

import keras
import pytest

from keras_seq.layers import SelfAttention
from keras_seq.layers.attention.scopes import LocalMonotonicScope, LocalPredictiveScope, WindowedScope
from tests.layers.in_lite import assert_same_in_lite

PARTS = {
    "score": ["dot", "scaled_dot", "general", "additive", "concat", "cosine", "location"],
    "normalizer": ["softmax", "relu", "sparsemax"],
    "scope": ["global", "causal", WindowedScope(2, 1), LocalMonotonicScope(2), LocalPredictiveScope(2)],
    "selection": ["soft", "hard"],
}


@pytest.mark.parametrize("part", PARTS)
def test_every_part_answers_in_lite_as_in_keras(part, random):
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(500, 6, mask_zero=True)(token_ids)
    outputs = {}
    for choice in PARTS[part]:
        name = choice if isinstance(choice, str) else choice.name
        context, weights = SelfAttention(**{part: choice})(words, return_attention_scores=True)
        outputs |= {f"{name}_context": context, f"{name}_weights": weights}
    assert_same_in_lite(keras.Model(token_ids, outputs), random, atol=1e-5)
