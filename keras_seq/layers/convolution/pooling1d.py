from keras_seq.layers.convolution.window_layer import WindowLayer


class Pooling1D(WindowLayer):
    """Windows of `pool_size` steps, each pooled to one; the strides are as long when none are given."""

    def __init__(self, pool_size=2, strides=None, padding="same", **kwargs):
        if pool_size < 1:
            raise ValueError(f"pool_size must be at least 1. Received: pool_size={pool_size}")
        super().__init__(pool_size, pool_size if strides is None else strides, padding, **kwargs)
        self.pool_size = pool_size

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}
