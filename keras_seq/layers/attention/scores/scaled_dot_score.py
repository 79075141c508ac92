import keras

from keras_seq.layers.attention.scores.dot_score import DotScore
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class ScaledDotScore(DotScore):
    """Scaled dot product: score_ts = query_t · key_s / √D.

    Query `(B, T, D)`, key `(B, S, D)` -> scores `(B, T, S)`; both must be equally wide. No weights.

    Raises:
        ValueError: the widths differ.

    Reference: Vaswani et al. 2017, Attention Is All You Need, equation 1.
    """

    of_pairs = True

    def call(self, query, key):
        return scores.scaled_dot(query, key)
