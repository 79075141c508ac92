from keras_seq.layers.convolution.window_layer import WindowLayer
from keras_seq.layers.numbers import require_at_least


class Pooling1D(WindowLayer):
    """Windows of `pool_size` steps, each pooled to one; the strides are as long when none are given."""

    def __init__(self, pool_size=2, strides=None, padding="same", **kwargs):
        require_at_least(1, pool_size=pool_size)
        super().__init__(pool_size, pool_size if strides is None else strides, padding, **kwargs)
        self.pool_size = pool_size

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}
