import keras

from keras_seq.layers.attention.scores.score import Score
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class DotScore(Score):
    """Dot product: score_ts = query_t · key_s.

    Query `(B, T, D)`, key `(B, S, D)` -> scores `(B, T, S)`; both must be equally wide. No weights.

    Raises:
        ValueError: the widths differ.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    of_pairs = True

    def build(self, query_shape, key_shape):
        if query_shape[-1] != key_shape[-1]:
            raise ValueError(
                "A dot product needs a query and a key of the same width. "
                f"Received: query width {query_shape[-1]}, key width {key_shape[-1]}. "
                "Project one of them, or use score='additive', which takes any widths."
            )
        self.built = True

    def call(self, query, key):
        return scores.dot(query, key)
