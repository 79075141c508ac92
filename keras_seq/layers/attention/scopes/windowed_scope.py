import keras
from keras import ops

from keras_seq.layers.attention.scopes.scope import Scope
from keras_seq.ops import masking, windows


@keras.saving.register_keras_serializable("keras_seq")
class WindowedScope(Scope):
    """A band around the query: t - before <= s <= t + after.

    Args:
        before: how many keys before the query's own position are seen.
        after: how many behind it; 0 makes the band causal.

    Reference: Beltagy et al. 2020, Longformer: The Long-Document Transformer, section 3.1 (sliding window).
    """

    def __init__(self, before=10, after=10, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("before", before), ("after", after)):
            if value < 0:
                raise ValueError(f"A window reaches 0 or more keys to each side. Received: {name}={value}")
        self.before = before
        self.after = after

    def call(self, query, key, keep=None, query_positions=None):
        window = masking.window_mask(
            ops.shape(query)[1], ops.shape(key)[1], self.before, self.after, query_positions
        )
        return masking.combine(keep, window), None

    def near(self, query, key_mask):
        bands = windows.Bands(ops.shape(query)[1], ops.shape(key_mask)[1], self.before, self.after)
        return None if bands.is_known_to_be_no_smaller() else (bands, None)

    def get_config(self):
        return {**super().get_config(), "before": self.before, "after": self.after}
