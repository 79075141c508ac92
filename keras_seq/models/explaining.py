"""The same model, seen with its weights."""

import keras

from keras_seq.layers import AttentionPooling

__all__ = ["explainer"]


def explainer(model: keras.Model) -> keras.Model:
    """A model on the same weights: token ids `(B, T)` -> `{"probabilities": (B, C), "weights": (B, T)}`.

    `weights` are the attention's, summing to 1 over each text's tokens; absent where the model has no
    attention pooling.
    """
    outputs = {"probabilities": keras.layers.Softmax(dtype="float32", name="probabilities")(model.output)}
    for layer in model.layers:
        if isinstance(layer, AttentionPooling):
            _, outputs["weights"] = layer.output
    return keras.Model(model.input, outputs, name=f"{model.name}_explained")
