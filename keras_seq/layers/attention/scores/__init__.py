"""The scores that have weights of their own or stand for one that has none; `get` finds one by name."""

import keras

from keras_seq.errors import nearest
from keras_seq.layers.attention.scores.additive_score import AdditiveScore
from keras_seq.layers.attention.scores.scaled_dot_score import ScaledDotScore
from keras_seq.layers.attention.scores.score import Score

__all__ = ["AdditiveScore", "ScaledDotScore", "Score", "get"]

_BY_NAME = {"additive": AdditiveScore, "scaled_dot": ScaledDotScore}


def get(identifier, dtype=None) -> Score:
    """A score by its name, from a saved config, or as it is.

    Args:
        identifier: `"additive"`, `"scaled_dot"`, a serialized score, or a `Score`.
        dtype: dtype policy of a score made from its name.
    """
    if isinstance(identifier, Score):
        return identifier
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier](dtype=dtype)
    raise ValueError(
        f"Unknown attention score. Expected {nearest(identifier, _BY_NAME)}, or a Score. "
        f"Received: score={identifier!r}"
    )
