"""Multi-head attention, positions and Transformer blocks in LiteRT, of any batch and length."""

import keras

from keras_seq import layers
from keras_seq.layers.attention.scopes import WindowedScope
from tests.layers.in_lite import assert_same_in_lite


def test_everything_answers_in_lite_as_in_keras(random):
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(500, 8, mask_zero=True)(token_ids)
    placed = layers.LearnedPositions(16)(layers.SinusoidalPositions()(words))
    encoded = layers.TransformerEncoderBlock(2, 16, activation="gelu")(placed)
    causal = layers.TransformerEncoderBlock(2, 16, norm_first=True, scope="causal", rotary=True)(words)
    decoded, past, across = layers.TransformerDecoderBlock(2, 16)(
        causal, encoded, return_attention_scores=True
    )
    windowed = layers.MultiHeadSelfAttention(
        4, scope=WindowedScope(before=2, after=1), score="general", normalizer="sparsemax"
    )(placed)
    matrix, hops = layers.StructuredSelfAttention(4, hops=3)(encoded, return_attention_scores=True)
    outputs = {
        "encoded": encoded, "decoded": decoded, "past": past, "across": across,
        "windowed": windowed, "matrix": matrix, "hops": hops,
    }  # fmt: skip
    assert_same_in_lite(keras.Model(token_ids, outputs), random, atol=2e-5)
