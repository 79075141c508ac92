import keras
from keras import ops

from keras_seq.layers.attention.scores.score import Score
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class AdditiveScore(Score):
    """Additive score: score_ts = v · tanh(W_q query_t + W_k key_s).

    Query `(B, T, Dq)`, key `(B, S, Dk)` -> scores `(B, T, S)`; any widths.

    Args:
        units: width U of the hidden layer; None takes the key's width.
        kernel_initializer: of W_q `(Dq, U)`, W_k `(Dk, U)` and v `(U,)`.

    Reference: Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
    Translate, appendix A.1.2.
    """

    of_pairs = True

    def __init__(self, units=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, units=units, none="the key's width")
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, key_shape):
        units = self.units or key_shape[-1]
        self.query_kernel = self._kernel("query_kernel", (query_shape[-1], units))
        self.key_kernel = self._kernel("key_kernel", (key_shape[-1], units))
        self.v = self._kernel("v", (units,))
        self.built = True

    def prepare(self, key):
        return ops.matmul(key, self.key_kernel)  # (B, S, U)

    def call(self, query, key):
        return scores.additive(scores.project(query, self.query_kernel), key, self.v)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _kernel(self, name, shape):
        return self.add_weight(name=name, shape=shape, initializer=fresh(self.kernel_initializer))
