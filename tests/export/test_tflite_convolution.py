"""Windows along a sequence, and ConvS2S, as `.tflite` of builtin operators for any batch and length."""

import keras

from keras_seq import layers
from keras_seq.export.inference import KerasModel
from keras_seq.export.parity import check_tflite
from tests.export.conftest import converted, id_lists, with_loud_weights

LAYERS = {
    "convolution": layers.MaskedConv1D(4, 3, activation="relu"),
    "strides": layers.MaskedConv1D(4, 3, strides=2),
    "causal": layers.MaskedConv1D(4, 2, padding="causal", dilation_rate=2),
    "max": layers.MaskedMaxPooling1D(3),
    "average": layers.MaskedAveragePooling1D(3, 2),
    "gated": layers.GatedConvolutionBlock(3),
}


def test_each_layer_answers_as_in_keras():
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = keras.layers.Embedding(500, 6, mask_zero=True)(token_ids)
    outputs = {name: layers.MeanPooling()(layer(words)) for name, layer in LAYERS.items()}
    encoded = layers.GatedConvolutionBlock(3)(words)
    decoded, weights = layers.ConvS2SDecoderBlock(3)(
        words, words, key=encoded, embedded=words, return_attention_scores=True
    )
    outputs |= {"decoded": layers.LastPooling()(decoded), "weights": weights[:, 0]}
    model = with_loud_weights(keras.Model(token_ids, outputs))
    parity = check_tflite(converted(model), KerasModel(model), id_lists(20, 40))
    assert set(parity.differences) == {*LAYERS, "decoded", "weights"}
    assert max(parity.differences.values()) < 1e-4, parity.differences
