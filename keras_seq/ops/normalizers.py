"""Normalizers: scores `(…, S)` and a mask -> weights `(…, S)`, exactly 0 where the mask drops."""

import keras
from keras import ops

from keras_seq.errors import nearest
from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32, lowest

__all__ = ["get", "relu", "softmax", "sparsemax"]

# weights_s = exp(score_s) / Σ_r exp(score_r), over what is kept
softmax = masking.masked_softmax


def relu(scores, mask=None):
    """Scores above 0, over how many are kept: weights_s = max(score_s, 0) / number kept.

    Dividing by the number keeps a mean over any length as large as a softmax's would be. The weights of a row
    do not sum to 1 and have no upper bound: scores that may grow large need float32, or are cosines.

    Args:
        scores: float `(…, S)`.
        mask: bool, broadcastable to `scores`; None keeps all.

    Returns:
        Weights in float32 or wider; zeros for a row that keeps nothing.

    Reference: Wortsman et al. 2023, Replacing softmax with ReLU in Vision Transformers, section 3.
    """
    scores = at_least_float32(scores)
    number = ops.cast(masking.number_kept(mask, ops.shape(scores)[-1]), scores.dtype)
    weights = ops.relu(scores)
    if mask is None:
        return weights / number
    return ops.where(mask, weights, 0.0) / ops.expand_dims(ops.maximum(number, 1.0), -1)


def sparsemax(scores, mask=None):
    """The point of the simplex nearest to the scores: weights that sum to 1, many of them exactly 0.

        weights_s = max(score_s - τ, 0)                   τ such that Σ_s weights_s = 1
        τ = (Σ_{s in support} score_s - 1) / |support|    support = {s : score_s > τ}

    Found exactly, by sorting. A constant added to a row changes nothing.

    Args:
        scores: float `(…, S)`.
        mask: bool, broadcastable to `scores`; None keeps all.

    Returns:
        Weights in float32 or wider; zeros for a row that keeps nothing.

    Reference: Martins & Astudillo 2016, From Softmax to Sparsemax, algorithm 1.
    """
    scores = at_least_float32(scores)
    scores = ops.clip(scores, lowest(scores), -lowest(scores))
    if mask is not None:
        scores = ops.where(masking.boolean("mask", mask), scores, lowest(scores))
    # τ is at least the highest score - 1, so what lies lower has weight 0 however low; no sum overflows then.
    scores = scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    scores = ops.maximum(scores, -1.0)
    support = scores > _sparsemax_threshold(ops.stop_gradient(scores))
    # Once the support is known τ is a mean: nobody need differentiate the sorting.
    number = ops.sum(ops.cast(support, scores.dtype), axis=-1, keepdims=True)
    threshold = (ops.sum(ops.where(support, scores, 0.0), axis=-1, keepdims=True) - 1.0) / number
    weights = ops.where(support, ops.maximum(scores - threshold, 0.0), 0.0)
    return weights if mask is None else ops.where(mask, weights, 0.0)


def _sparsemax_threshold(scores):
    """τ of scores whose highest is 0, `(…, S)` -> `(…, 1)`: all k with 1 + k z_k > Σ_{j<=k} z_j are kept."""
    descending = -ops.sort(-scores, axis=-1)
    rank = ops.arange(1, ops.shape(scores)[-1] + 1, dtype=scores.dtype)
    kept = 1.0 + rank * descending > ops.cumsum(descending, axis=-1)
    total = ops.sum(ops.where(kept, descending, 0.0), axis=-1, keepdims=True)
    return (total - 1.0) / ops.sum(ops.cast(kept, scores.dtype), axis=-1, keepdims=True)


_BY_NAME = {"softmax": softmax, "relu": relu, "sparsemax": sparsemax}


def get(identifier):
    """A normalizer by its name, from a saved config, or a function `(scores, mask) -> weights` as it is."""
    if callable(identifier):
        return identifier
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    raise ValueError(
        f"Unknown normalizer. Expected {nearest(identifier, _BY_NAME)}, "
        f"or a function (scores, mask) -> weights. Received: normalizer={identifier!r}"
    )


def serialize(normalizer):
    """What `get` turns back into the same normalizer."""
    for name, function in _BY_NAME.items():
        if normalizer is function:
            return name
    return keras.saving.serialize_keras_object(normalizer)
