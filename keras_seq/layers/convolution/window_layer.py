import keras

from keras_seq.errors import nearest
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import convolution


class WindowLayer(keras.layers.Layer):
    """A sequence `(B, T, D)`, mask `(B, T)` -> one step a window, `(B, N, …)`, mask `(B, N)`."""

    paddings = ("same", "valid")

    def __init__(self, span, strides, padding, **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, strides=strides)
        if padding not in self.paddings:
            raise ValueError(
                f"Unknown padding. Expected {nearest(padding, self.paddings)}. Received: padding={padding!r}"
            )
        self.supports_masking = True
        self.span = span  # steps from the first to the last of a window
        self.strides = strides
        self.padding = padding

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        self.built = True

    def compute_mask(self, inputs, previous_mask=None):
        return convolution.window_mask(previous_mask, self.span, self.strides, self.padding)

    def compute_output_shape(self, inputs_shape):
        batch, length, width = inputs_shape
        return (batch, convolution.count(length, self.span, self.strides, self.padding), width)

    def get_config(self):
        return {**super().get_config(), "strides": self.strides, "padding": self.padding}
