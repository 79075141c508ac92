import keras
from keras import ops

from keras_seq.layers.attention.scores.score import Score
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class ConcatScore(Score):
    """Concat score: score_ts = v · tanh([query_t ; key_s] W).

    Query `(B, T, Dq)`, key `(B, S, Dk)` -> scores `(B, T, S)`; any widths. The same function as the additive
    score, with its two projections in one matrix that begins as one.

    Args:
        units: width U of the hidden layer; None takes the key's width.
        kernel_initializer: of W `(Dq + Dk, U)` and v `(U,)`.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    of_pairs = True

    def __init__(self, units=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, units=units, none="the key's width")
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, key_shape):
        units = self.units or key_shape[-1]
        self.query_width = query_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(query_shape[-1] + key_shape[-1], units),
            initializer=fresh(self.kernel_initializer),
        )
        self.v = self.add_weight(name="v", shape=(units,), initializer=fresh(self.kernel_initializer))
        self.built = True

    def prepare(self, key):
        # The lower rows of W meet the key alone: no pair need be put together.
        return ops.matmul(key, self.kernel[self.query_width :])  # (B, S, U)

    def call(self, query, key):
        return scores.additive(scores.project(query, self.kernel[: self.query_width]), key, self.v)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
