import keras

from keras_seq.layers.embedding.positions.added_positions import AddedPositions
from keras_seq.ops import positions


@keras.saving.register_keras_serializable("keras_seq")
class SinusoidalPositions(AddedPositions):
    """Adds sines and cosines of each position. Any length, no weights.

        output_t,2i   = input_t,2i   + sin((start + t) / base^(2i / D))
        output_t,2i+1 = input_t,2i+1 + cos((start + t) / base^(2i / D))

    B batch, T length, D width.

    Args:
        base: the largest wavelength is 2π · base.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        start: the first input's position, an int or an int32 scalar tensor, for decoding step by step.

    Returns:
        float `(B, T, D)`.

    Masking: padding gives zeros; the mask is handed on.

    Numerics: the angles are those of float64, rounded once, up to position 2^21; the plain
    float32 product of position and frequency is off by thousandths after some ten thousand steps.

    Differs from a table of sines: there is no longest length.

    Example:

    >>> import keras
    >>> token_ids = keras.Input((None,), dtype="int32")
    >>> words = keras.layers.Embedding(100, 8, mask_zero=True)(token_ids)
    >>> SinusoidalPositions()(words).shape
    (None, None, 8)

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.5.
    """

    def __init__(self, base=10_000, **kwargs):
        super().__init__(**kwargs)
        if base <= 1:
            raise ValueError(f"base must be above 1. Received: base={base}")
        self.base = base

    def vectors(self, steps, width):
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        return positions.sinusoids(steps, width, self.base, dtype)

    def get_config(self):
        return {**super().get_config(), "base": self.base}
