import keras

from keras_seq.layers.attention.scores.score import Score
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class ScaledDotScore(Score):
    """Scaled dot product: score_ts = query_t · key_s / √D.

    Query `(B, T, D)`, key `(B, S, D)` -> scores `(B, T, S)`; both must be equally wide. No weights.

    Raises:
        ValueError: the widths differ.

    Reference: Vaswani et al. 2017, Attention Is All You Need, equation 1.
    """

    def build(self, query_shape, key_shape):
        if query_shape[-1] != key_shape[-1]:
            raise ValueError(
                "A dot product needs a query and a key of the same width. "
                f"Received: query width {query_shape[-1]}, key width {key_shape[-1]}. "
                "Project one of them, or use score='additive', which takes any widths."
            )
        self.built = True

    def call(self, query, key):
        return scores.scaled_dot(query, key)
