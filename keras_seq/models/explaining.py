"""The same model, as one that answers: probabilities, tags, and the weights behind them."""

import keras
import numpy as np
from keras import ops

from keras_seq.layers import CRF, AttentionPooling, ViterbiDecoder

__all__ = ["explainer", "tag_chain"]


def explainer(model: keras.Model, allowed=None) -> keras.Model:
    """A model on the same weights that gives answers.

    Args:
        model: of `build_classifier` or `build_tagger`; one with other named outputs is returned as it is.
        allowed: `(start (N,), end (N,), transitions (N, N))` of bools: the sequences of tags that a tagger
            without a CRF may give; None: every one. A CRF knows its own.

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
        outputs = {"tag_ids": _tag_ids(model, allowed)}
        if "intent" in model.output:
            outputs["intent_probabilities"] = _softmax("intent_probabilities")(model.output["intent"])
            outputs |= _weights(model, "intent_weights")
    else:
        return model
    return keras.Model(model.input, outputs, name=f"{model.name}_explained")


def tag_chain(model: keras.Model, allowed=None):
    """The chain `(B, N + 2 + T, N)` whose best tags are a tagger's answer, as a symbol of its graph.

    Without a CRF each word's logits count alone, and steps that are not allowed are forbidden: what is then
    the best is the likeliest of each word wherever that is legal.

    Args:
        model: of `build_tagger`.
        allowed: as in `explainer`.
    """
    tags = model.output["tags"]
    if _has_crf(model):
        return tags
    start, end, transitions = (None, None, None) if allowed is None else map(np.asarray, allowed)
    steps = CRF(tags.shape[-1], transitions, start, end, dtype="float32", trainable=False, name="allowed")
    return steps(tags, mask=_is_word(model))


def _softmax(name):
    return keras.layers.Softmax(dtype="float32", name=name)


def _weights(model, name):
    """`{name: (B, T)}` of the model's attention pooling; empty where it has none."""
    found = [layer.output[1] for layer in model.layers if isinstance(layer, AttentionPooling)]
    return dict(zip([name], found, strict=False))


def _tag_ids(model, allowed):
    """The best tags: int32 `(B, T)`."""
    if _has_crf(model) or not all(np.all(each) for each in allowed or ()):
        return ViterbiDecoder(name="tag_ids")(tag_chain(model, allowed))
    likeliest = ops.squeeze(ops.top_k(model.output["tags"], 1)[1], -1)  # LiteRT has no argmax of floats
    return ops.where(_is_word(model), likeliest, 0)


def _has_crf(model):
    return any(isinstance(layer, CRF) for layer in model.layers)


def _is_word(model):
    """Which tokens are words and no padding: bool `(B, T)`."""
    return ops.not_equal(model.input[:, :, 0], 0)
