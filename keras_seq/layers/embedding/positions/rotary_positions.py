import keras
from keras import ops

from keras_seq.ops import positions


@keras.saving.register_keras_serializable("keras_seq")
class RotaryPositions(keras.layers.Layer):
    """Turns queries and keys by their positions, so that dot products know distances. No weights.

        output_t,2i   = x_t,2i cos θ_ti - x_t,2i+1 sin θ_ti
        output_t,2i+1 = x_t,2i sin θ_ti + x_t,2i+1 cos θ_ti        θ_ti = (start + t) / base^(2i / D)

    A query at t and a key at s, both turned, have a dot product that depends on t - s only. A pair is two
    neighbours, 2i and 2i + 1, as in the paper. (Some models pair i with i + D / 2: weights trained so need
    their columns in another order.)

    T length, D width; any leading axes: `(B, T, D)`, or `(B, H, T, D)` for heads.

    Args:
        base: the largest wavelength is 2π · base.

    Call arguments:
        inputs: float `(…, T, D)`, D even: queries, or keys; not values.
        start: the first input's position, an int or an int32 scalar tensor, for decoding step by step.

    Returns:
        float `(…, T, D)`; lengths of vectors stay as they are.

    Masking: the mask is handed on; each step is turned by itself, so padding touches nothing.

    Numerics: the angles are those of float64, rounded once, up to position 2^21; turned in float32 or wider.

    Raises:
        ValueError: an odd width.

    Example:

    >>> import keras
    >>> queries, keys = keras.Input((None, 8)), keras.Input((None, 8))
    >>> rotary = RotaryPositions()
    >>> rotary(queries).shape, rotary(keys).shape
    ((None, None, 8), (None, None, 8))

    Reference: Su et al. 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding, section 3.2.
    """

    def __init__(self, base=10_000, **kwargs):
        super().__init__(**kwargs)
        if base <= 1:
            raise ValueError(f"base must be above 1. Received: base={base}")
        self.supports_masking = True
        self.base = base

    def build(self, inputs_shape):
        if len(inputs_shape) < 2 or inputs_shape[-1] % 2:
            raise ValueError(
                "Rotary positions turn pairs of numbers: inputs must be (…, length, width) of an even width. "
                f"Received: inputs of shape {tuple(inputs_shape)}"
            )
        self.built = True

    def call(self, inputs, start=0):
        steps = positions.step_positions(ops.shape(inputs)[-2], start)  # (T,)
        return positions.rotate(inputs, steps, self.base)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "base": self.base}
