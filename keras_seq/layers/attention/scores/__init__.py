"""Scores: how well each key answers each query; `get` finds one by name."""

from keras_seq.layers.attention import parts
from keras_seq.layers.attention.scores.additive_score import AdditiveScore
from keras_seq.layers.attention.scores.concat_score import ConcatScore
from keras_seq.layers.attention.scores.cosine_score import CosineScore
from keras_seq.layers.attention.scores.dot_score import DotScore
from keras_seq.layers.attention.scores.general_score import GeneralScore
from keras_seq.layers.attention.scores.location_score import LocationScore
from keras_seq.layers.attention.scores.normed_additive_score import NormedAdditiveScore
from keras_seq.layers.attention.scores.scaled_dot_score import ScaledDotScore
from keras_seq.layers.attention.scores.score import Score

__all__ = [
    "AdditiveScore",
    "ConcatScore",
    "CosineScore",
    "DotScore",
    "GeneralScore",
    "LocationScore",
    "NormedAdditiveScore",
    "ScaledDotScore",
    "Score",
    "get",
]

_BY_NAME = {
    "dot": DotScore,
    "scaled_dot": ScaledDotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
    "concat": ConcatScore,
    "cosine": CosineScore,
    "location": LocationScore,
}


def get(identifier, dtype=None) -> Score:
    """A score by its name, from a saved config, or as it is.

    Args:
        identifier: `"dot"`, `"scaled_dot"`, `"general"`, `"additive"`, `"concat"`, `"cosine"`, `"location"`,
            a serialized score, or a `Score`.
        dtype: dtype policy of a score made from its name.
    """
    return parts.find("score", identifier, Score, _BY_NAME, dtype=dtype)
