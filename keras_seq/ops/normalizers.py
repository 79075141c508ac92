"""Normalizers: scores `(…, S)` and a mask -> weights `(…, S)`, exactly 0 where the mask drops."""

import keras

from keras_seq.errors import nearest
from keras_seq.ops.masking import masked_softmax

__all__ = ["get", "softmax"]

# weights_s = exp(score_s) / Σ_r exp(score_r), over what is kept
softmax = masked_softmax

_BY_NAME = {"softmax": softmax}


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
