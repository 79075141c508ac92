import keras
from keras import ops

from keras_seq.layers.attention.scores.additive_score import AdditiveScore
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class NormedAdditiveScore(AdditiveScore):
    """Additive score with a scale of its own: score_ts = g v/‖v‖ · tanh(W_q query_t + W_k key_s + b).

    Query `(B, T, Dq)`, key `(B, S, Dk)` -> scores `(B, T, S)`; any widths. The scale g is learned apart from
    the direction of v and starts at 1/√U: scores start small and grow as far as they must.

    Args:
        units: width U of the hidden layer; None takes the key's width.
        kernel_initializer: of W_q `(Dq, U)`, W_k `(Dk, U)` and v `(U,)`.

    Reference: Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments,
    section 2.4; weight normalization: Salimans & Kingma 2016.
    """

    def build(self, query_shape, key_shape):
        super().build(query_shape, key_shape)
        units = self.v.shape[0]
        self.scale = self.add_weight(
            name="scale", shape=(), initializer=keras.initializers.Constant(units**-0.5)
        )
        self.bias = self.add_weight(name="bias", shape=(units,), initializer="zeros")

    def prepare(self, key):
        return super().prepare(key) + self.bias

    def call(self, query, key):
        v = self.scale * scores.direction(ops.convert_to_tensor(self.v))
        return scores.additive(scores.project(query, self.query_kernel), key, v)
