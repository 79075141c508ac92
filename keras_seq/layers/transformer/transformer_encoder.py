import keras

from keras_seq.layers.transformer.transformer_encoder_block import TransformerEncoderBlock
from keras_seq.layers.transformer.transformer_stack import TransformerStack
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class TransformerEncoder(TransformerStack):
    """The Transformer's encoder: inputs with their positions, and blocks one upon the other.

        state^0_t = dropout(√D · input_t + position_t)
        state^l   = block^l(state^{l-1})                        l = 1 … L
        output    = state^L, or norm(state^L) with `norm_first`

    B batch, T length, D width, H heads.

    Args:
        num_layers: L.
        num_heads, feed_forward_dim, key_dim, activation, dropout, norm_first, epsilon, seed: as in
            `TransformerEncoderBlock`.
        positions: `"sinusoidal"`, `"learned"`, `"rotary"` (turned inside of each block) or `"none"`.
        max_length: of learned positions: the longest sequence there are vectors for.
        scale: whether the inputs are multiplied by √D, as embeddings that begin with variance 1 / D want.

    Call arguments:
        inputs: float `(B, T, D)`, embedded words.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        training: bool.

    Returns:
        `(B, T, D)`.

    Masking: padding gets no weight and gives zeros; the mask is handed on.

    Cost: L times that of a block.

    Raises:
        ValueError: num_layers below 1, unknown positions, learned ones without max_length, wrong rank.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(100, 8, mask_zero=True)(keras.Input((None,), dtype="int32"))
    >>> TransformerEncoder(num_layers=2, num_heads=2, feed_forward_dim=32)(words).shape
    (None, None, 8)

    Reference: Vaswani et al. 2017, Attention Is All You Need, sections 3.1, 3.4 and 3.5.
    """

    block_class = TransformerEncoderBlock

    def build(self, inputs_shape):
        self._build(inputs_shape)

    def call(self, inputs, mask=None, training=None):
        states = self.placing(masking.zero_masked(inputs, mask), mask=mask, training=training)
        for block in self.blocks:
            states = block(states, mask=mask, training=training)
        return masking.zero_masked(self._normed(states), mask)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape
