import keras
from keras import ops

from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class GatedLinearUnit(keras.layers.Layer):
    """One half of the dimensions, gated by the other.

        [A ; B] = input
        output  = A ⊗ σ(B)

    B batch, T length, D width of the output. No weights: the gates are what the layer below computed.

    Call arguments:
        inputs: float `(B, T, 2 D)`; any axes in the place of T.
        mask: bool `(B, T)`, True = keep; Keras fills it.

    Returns:
        `(B, T, D)`, 0 on padding.

    Masking: a step reads itself only. The mask is handed on.

    Cost: B·T·D.

    Raises:
        ValueError: the width is odd.

    Example:

    >>> import keras
    >>> GatedLinearUnit()(keras.layers.Dense(16)(keras.Input((None, 6)))).shape
    (None, None, 8)

    Reference: Dauphin et al. 2017, Language Modeling with Gated Convolutional Networks, equation 1.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        if inputs_shape[-1] % 2:
            raise ValueError(
                "One half of the inputs' width gates the other: the width must be even. "
                f"Received: inputs of shape {tuple(inputs_shape)}"
            )
        self.built = True

    def call(self, inputs, mask=None):
        return ops.glu(masking.zero_masked(inputs, mask), axis=-1)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], inputs_shape[-1] // 2)
