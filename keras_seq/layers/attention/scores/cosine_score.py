import math

import keras
from keras import ops

from keras_seq.layers.attention.scores.dot_score import DotScore
from keras_seq.ops import scores


@keras.saving.register_keras_serializable("keras_seq")
class CosineScore(DotScore):
    """Cosine of the angle, over a temperature: score_ts = query_t · key_s / (|query_t| |key_s| τ).

    Query `(B, T, D)`, key `(B, S, D)` -> scores `(B, T, S)` between -1/τ and 1/τ; both must be equally wide.
    A query or key of zeros scores 0, with gradient 0.

    Args:
        temperature: τ, above 0. The lower, the more weight goes to the best: at 1 a softmax over cosines
            is nearly even.
        learned: whether τ is trained, beginning at `temperature`; its logarithm is the weight, so that it
            stays above 0.

    Raises:
        ValueError: the widths differ; a temperature that is not above 0.

    Reference: Graves et al. 2014, Neural Turing Machines, equations 5 and 6 (1/τ is their key strength β).
    """

    of_pairs = True

    def __init__(self, temperature=0.1, learned=False, **kwargs):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise ValueError(f"A temperature is above 0. Received: temperature={temperature}")
        self.temperature = temperature
        self.learned = learned

    def build(self, query_shape, key_shape):
        super().build(query_shape, key_shape)
        if self.learned:
            self.log_temperature = self.add_weight(
                name="log_temperature",
                shape=(),
                initializer=keras.initializers.Constant(math.log(self.temperature)),
            )

    def prepare(self, key):
        return scores.direction(key)

    def call(self, query, key):
        cosine = scores.dot(scores.direction(query), key)
        return cosine * ops.exp(-self.log_temperature) if self.learned else cosine / self.temperature

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature, "learned": self.learned}
