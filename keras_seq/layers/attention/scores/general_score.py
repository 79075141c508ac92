import keras
from keras import ops

from keras_seq.layers.attention.scores.score import Score
from keras_seq.layers.initializers import fresh
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class GeneralScore(Score):
    """General, or bilinear, score: score_ts = query_t W key_s.

    Query `(B, T, Dq)`, key `(B, S, Dk)` -> scores `(B, T, S)`; any widths.

    Args:
        kernel_initializer: of W `(Dq, Dk)`.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    of_pairs = True

    def __init__(self, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, key_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(query_shape[-1], key_shape[-1]),
            initializer=fresh(self.kernel_initializer),
        )
        self.built = True

    def prepare(self, key):
        return ops.matmul(key, ops.transpose(self.kernel))  # (B, S, Dq)

    def call(self, query, key):
        return scores.dot(query, key)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
