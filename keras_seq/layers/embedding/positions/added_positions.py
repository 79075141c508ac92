import keras
from keras import ops

from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking, positions


class AddedPositions(keras.layers.Layer):
    """A vector for each position, added to the inputs: what learned and sinusoidal positions share."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        self.built = True

    def vectors(self, steps, width):
        """Of positions `(T,)` the vectors `(T, D)`."""
        raise NotImplementedError(f"{type(self).__name__} must define vectors(steps, width)")

    def call(self, inputs, mask=None, start=0):
        steps = positions.step_positions(ops.shape(inputs)[1], start)  # (T,)
        vectors = ops.cast(self.vectors(steps, inputs.shape[-1]), inputs.dtype)  # (T, D)
        return masking.zero_masked(inputs + vectors, mask)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape
