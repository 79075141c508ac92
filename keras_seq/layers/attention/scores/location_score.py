import keras
from keras import ops

from keras_seq.layers.attention.scores.score import Score
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class LocationScore(Score):
    """Location score: score_t· = query_t W, a score for each position, whatever stands there.

    Query `(B, T, Dq)`, key `(B, S, Dk)` -> scores `(B, T, S)`; of the key its length is read, no more.

    Args:
        max_length: L, how many positions have a score; longer keys are refused where their length is
            known, and in a graph with open lengths what stands at L and beyond gets no weight.
        kernel_initializer: of W `(Dq, L)`.

    Raises:
        ValueError: keys longer than `max_length`.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    equation 8.
    """

    def __init__(self, max_length=128, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, max_length=max_length)
        self.max_length = max_length
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, key_shape):
        self._expect_no_longer(key_shape[1])
        self.kernel = self.add_weight(
            name="kernel",
            shape=(query_shape[-1], self.max_length),
            initializer=fresh(self.kernel_initializer),
        )
        self.built = True

    def call(self, query, key):
        self._expect_no_longer(key.shape[1])
        return scores.location(query, self.kernel, ops.shape(key)[1])

    def _expect_no_longer(self, length):
        if isinstance(length, int) and length > self.max_length:  # or None, or on JAX a symbol
            raise ValueError(
                "A location score knows the positions that it was made for. "
                f"Received: keys of length {length}, max_length={self.max_length}. "
                "Shorten the keys, or make the score with a larger max_length."
            )

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
