"""The same model, as one that answers: probabilities, tags, and the weights behind them."""

import keras
from keras import ops

from keras_seq.layers import CRF, AttentionPooling, ViterbiDecoder

__all__ = ["explainer"]


def explainer(model: keras.Model) -> keras.Model:
    """A model on the same weights that gives answers.

    Args:
        model: of `build_classifier` or `build_tagger`; one with other named outputs is returned as it is.

    Returns:
        For a classifier: token ids `(B, T)` -> `{"probabilities": (B, C), "weights": (B, T)}`. For a tagger:
        token ids `(B, T, 1 + L)` -> `{"tag_ids": int32 (B, T), "intent_probabilities": (B, I),
        "intent_weights": (B, T)}`, the tags 0 on padding; the intent's are absent where it has none.

    Weights are the attention's, summing to 1 over each text's tokens; absent where the model has no attention
    pooling.
    """
    if not isinstance(model.output, dict):
        outputs = {"probabilities": _softmax("probabilities")(model.output), **_weights(model, "weights")}
    elif "tags" in model.output:
        outputs = {"tag_ids": _tag_ids(model)}
        if "intent" in model.output:
            outputs["intent_probabilities"] = _softmax("intent_probabilities")(model.output["intent"])
            outputs |= _weights(model, "intent_weights")
    else:
        return model
    return keras.Model(model.input, outputs, name=f"{model.name}_explained")


def _softmax(name):
    return keras.layers.Softmax(dtype="float32", name=name)


def _weights(model, name):
    """`{name: (B, T)}` of the model's attention pooling; empty where it has none."""
    found = [layer.output[1] for layer in model.layers if isinstance(layer, AttentionPooling)]
    return dict(zip([name], found, strict=False))


def _tag_ids(model):
    """The best tags: int32 `(B, T)`."""
    tags = model.output["tags"]
    if any(isinstance(layer, CRF) for layer in model.layers):
        return ViterbiDecoder(name="tag_ids")(tags)
    likeliest = ops.squeeze(ops.top_k(tags, 1)[1], -1)  # LiteRT has no argmax of floats
    return ops.where(ops.equal(model.input[:, :, 0], 0), 0, likeliest)
