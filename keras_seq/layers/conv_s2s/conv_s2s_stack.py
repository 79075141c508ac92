import keras

from keras_seq.layers.embedding.positions.placing import Placing
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_rank


class ConvS2SStack(keras.layers.Layer):
    """What ConvS2S's encoder and decoder share: positions, blocks, and the way to their width and back."""

    def __init__(
        self,
        num_layers,
        units,
        kernel_size=3,
        dropout=0.0,
        positions="sinusoidal",
        max_length=None,
        scale=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_at_least(1, num_layers=num_layers, units=units)
        self.supports_masking = True
        self.num_layers = num_layers
        self.units = units
        self.kernel_size = kernel_size
        self.dropout = dropout
        self.positions = positions
        self.max_length = max_length
        self.scale = scale
        self.seed = seed
        self.placing = Placing(
            positions, max_length, scale, dropout, seed, dtype=self.dtype_policy, name="placing"
        )
        # One seed for all would drop the same places everywhere.
        self.blocks = [
            self.block(number, None if seed is None else seed + 1 + number) for number in range(num_layers)
        ]

    def block(self, number, seed):
        """The block of this number."""
        raise NotImplementedError(f"{type(self).__name__} must define block(number, seed)")

    def _build(self, inputs_shape, **memory_shapes):
        """Everything, for inputs `(B, T, E)`."""
        require_rank(inputs=inputs_shape)
        inner = (*inputs_shape[:-1], self.units)
        self.placing.build(inputs_shape)
        self.inner_dense = self._dense("inner", self.units)
        self.inner_dense.build(inputs_shape)
        for block in self.blocks:
            block.build(inner, **memory_shapes)
        self.outer_dense = self._dense("outer", inputs_shape[-1])
        self.outer_dense.build(inner)
        self.built = True

    def _dense(self, name, units):
        initializer = keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")
        return keras.layers.Dense(units, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "units": self.units,
            "kernel_size": self.kernel_size,
            "dropout": self.dropout,
            "positions": self.positions,
            "max_length": self.max_length,
            "scale": self.scale,
            "seed": self.seed,
        }
