import keras
from keras import ops

from keras_seq.layers.attention.scopes.scope import Scope
from keras_seq.ops import masking, windows


@keras.saving.register_keras_serializable("keras_seq")
class LocalMonotonicScope(Scope):
    """Local-m: a window of D keys to each side of p_t = t, as if both sequences ran side by side.

    A query that stands more than D behind the last key sees nothing.

    Args:
        window: D, 10 in the paper.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.2.
    """

    def __init__(self, window=10, **kwargs):
        super().__init__(**kwargs)
        if window < 0:
            raise ValueError(f"A window reaches 0 or more keys to each side. Received: window={window}")
        self.window = window

    def call(self, query, key, keep=None, query_positions=None):
        window = masking.window_mask(
            ops.shape(query)[1], ops.shape(key)[1], self.window, self.window, query_positions
        )
        return masking.combine(keep, window), None

    def near(self, query, key_mask):
        bands = windows.Bands(ops.shape(query)[1], ops.shape(key_mask)[1], self.window, self.window)
        return None if bands.is_known_to_be_no_smaller() else (bands, None)

    def get_config(self):
        return {**super().get_config(), "window": self.window}
