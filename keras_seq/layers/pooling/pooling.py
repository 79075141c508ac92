import keras


class Pooling(keras.layers.Layer):
    """A sequence `(B, T, D)` and its mask `(B, T)` -> one vector `(B, D)`, which has no mask."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        if len(inputs_shape) != 3:
            raise ValueError(
                "Pooling takes inputs of rank 3: (batch, length, width). "
                f"Received: inputs of shape {tuple(inputs_shape)}"
            )
        self.built = True

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], inputs_shape[-1])
