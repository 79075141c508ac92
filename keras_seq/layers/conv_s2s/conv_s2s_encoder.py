import keras

from keras_seq.layers.conv_s2s.conv_s2s_stack import ConvS2SStack
from keras_seq.layers.conv_s2s.gated_convolution_block import GatedConvolutionBlock
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class ConvS2SEncoder(ConvS2SStack):
    """ConvS2S's encoder: words with their positions, gated convolutions, and what a decoder attends to.

        e_t   = dropout(√E · input_t + position_t)
        h^0_t = W_in e_t + b_in
        h^l   = block^l(h^{l-1})                                l = 1 … L
        key_t = W_out h^L_t + b_out
        memory_t = √½ · (key_t + e_t)

    B batch, T length, E width of the words, D of the blocks. A decoder finds by the key what it reads in the
    memory, which has the very word beside what stands around it.

    Args:
        num_layers: L.
        units: width D of the blocks.
        kernel_size: steps that a step of a block is computed from.
        dropout: fraction dropped in training of the placed words, and of what each block reads.
        positions: `"sinusoidal"`, `"learned"` (as in the paper) or `"none"`.
        max_length: of learned positions: the longest sequence there are vectors for.
        scale: whether the inputs are multiplied by √E, as embeddings that begin with variance 1 / E want.
        seed: of the dropout.

    Call arguments:
        inputs: float `(B, T, E)`, embedded words.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        training: bool.

    Returns:
        memory `(B, T, E)` and key `(B, T, E)`.

    Masking: padding reads and gives zeros; the mask is handed on with both.

    Cost: L times that of a `GatedConvolutionBlock`, and 2·B·T·E·D.

    Raises:
        ValueError: num_layers or units below 1, unknown positions, learned ones without max_length.

    Differs from the paper: no weight normalization; the sum is scaled by √½, as in the authors' program.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(50, 6, mask_zero=True)(keras.Input((None,), dtype="int32"))
    >>> memory, key = ConvS2SEncoder(num_layers=2, units=8)(words)
    >>> memory.shape, key.shape
    ((None, None, 6), (None, None, 6))

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, sections 3.1 to 3.3.
    """

    def block(self, number, seed):
        return GatedConvolutionBlock(
            self.kernel_size, "same", self.dropout, seed, dtype=self.dtype_policy, name=f"block_{number}"
        )

    def build(self, inputs_shape):
        self._build(inputs_shape)

    def call(self, inputs, mask=None, training=None):
        words = self.placing(masking.zero_masked(inputs, mask), mask=mask, training=training)  # (B, T, E)
        states = self.inner_dense(words)  # (B, T, D)
        for block in self.blocks:
            states = block(states, mask=mask, training=training)
        key = masking.zero_masked(self.outer_dense(states), mask)
        return 0.5**0.5 * (key + words), key

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask, previous_mask

    def compute_output_shape(self, inputs_shape):
        return inputs_shape, inputs_shape
