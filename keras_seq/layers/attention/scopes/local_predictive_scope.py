import keras
from keras import ops

from keras_seq.layers.attention.scopes.scope import Scope
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import masking, scores, windows
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class LocalPredictiveScope(Scope):
    """Local-p: a window around a position predicted from the query, and a Gaussian around its middle.

        p_t       = S · sigmoid(v · tanh(W query_t))
        keep_ts   = |s - p_t| <= D
        factor_ts = exp(-(s - p_t)² / 2σ²)                  σ = D / 2

    S is the number of keys that the masks keep for the query; keys stand at 0 … S-1. The weights of a row
    sum to less than 1, as in the paper: they are not normalized again.

    Args:
        window: D, at least 1; 10 in the paper.
        units: width U of the hidden layer; None takes the query's width.
        kernel_initializer: of W `(Dq, U)` and v `(U,)`.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.2, equations 9 and 10.
    """

    def __init__(self, window=10, units=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if window < 1:
            raise ValueError(
                f"The window of a predicted position reaches 1 or more keys. Received: window={window}"
            )
        require_at_least(1, units=units, none="the query's width")
        self.window = window
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, key_shape):
        units = self.units or query_shape[-1]
        self.kernel = self.add_weight(
            name="kernel", shape=(query_shape[-1], units), initializer=fresh(self.kernel_initializer)
        )
        self.v = self.add_weight(name="v", shape=(units,), initializer=fresh(self.kernel_initializer))
        self.built = True

    def call(self, query, key, keep=None, query_positions=None):
        length = ops.shape(key)[1]
        center = self._center(query, masking.number_kept(keep, length))  # (B, T)
        window = masking.window_mask(None, length, self.window, self.window, query_positions=center)
        distance = masking.relative_positions(None, length, query_positions=center)  # (B, T, S)
        return masking.combine(keep, window), self._factor(distance)

    def near(self, query, key_mask):
        number = ops.expand_dims(masking.sequence_lengths(key_mask), 1)  # (B, 1)
        folding = windows.Surroundings(self._center(query, number), ops.shape(key_mask)[1], self.window)
        return folding, self._factor(folding.distance)

    def _center(self, query, number):
        """p_t `(B, T)`, in float32 or wider: half precision knows no position between 2048 and 2050."""
        hidden = ops.tanh(scores.project(query, self.kernel))  # (B, T, U)
        score = ops.squeeze(scores.project(hidden, ops.expand_dims(self.v, 1)), -1)  # (B, T)
        share = ops.sigmoid(at_least_float32(score))
        return ops.cast(number, share.dtype) * share

    def _factor(self, distance):
        """exp(-(s - p_t)² / 2σ²), σ = D / 2."""
        return ops.exp(-2.0 * ops.square(distance / self.window))

    def get_config(self):
        return {
            **super().get_config(),
            "window": self.window,
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
