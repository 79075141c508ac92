import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.conv_s2s import ConvS2SDecoderBlock
from keras_seq.layers.conv_s2s.conv_s2s_stack import ConvS2SStack
from keras_seq.layers.decoders.decoder import Decoder, batch_size
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class ConvS2SDecoder(ConvS2SStack, Decoder):
    """ConvS2S's decoder: the target with its positions, and convolutions each of which attends to the source.

        e_t   = dropout(√E · input_t + position_t)
        h^0_t = W_in e_t + b_in
        h^l   = block^l(h^{l-1}, memory, key, e)                l = 1 … L
        output_t = W_out h^L_t + b_out

    B batch, T target length, S source length, E width of the words, D of the blocks, K kernel size.

    Args:
        num_layers: L.
        units: width D of the blocks.
        kernel_size: steps K that a step of a block is computed from, itself and those before.
        dropout, positions, max_length, scale, seed: as in `ConvS2SEncoder`.

    Call arguments:
        inputs: float `(B, T, E)`, the embedded target.
        memory: float `(B, S, Dv)`, of `ConvS2SEncoder`: what is read.
        key: float `(B, S, E)`, of `ConvS2SEncoder`: by what it is found; None takes the memory.
        inputs_mask: bool `(B, T)`; Keras fills it and the next from the tensors' own masks.
        memory_mask: bool `(B, S)`.
        key_mask: bool `(B, S)`.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        `(B, T, E)`; with `return_attention_scores` the pair (states, weights `(B, T, S)`): the mean over the
        blocks.

    Masking: True = keep. No step sees a later one. Padding gets no weight and gives zeros.

    Step by step: as every `Decoder`; the cache holds the last K - 1 inputs of every block.

    Cost: L times that of a `ConvS2SDecoderBlock`, and 2·B·T·E·D. A step costs the same whatever its number.

    Raises:
        ValueError: as `ConvS2SEncoder`; a key that is not as wide as the inputs.

    Differs from the paper: as `ConvS2SDecoderBlock`.

    Example:

    >>> import keras
    >>> source, target = keras.Input((None, 6)), keras.Input((None, 6))
    >>> from keras_seq.layers import ConvS2SEncoder
    >>> memory, key = ConvS2SEncoder(num_layers=2, units=8)(source)
    >>> ConvS2SDecoder(num_layers=2, units=8)(target, memory, key).shape
    (None, None, 6)

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, sections 3.1 to 3.3.
    """

    def block(self, number, seed):
        return ConvS2SDecoderBlock(
            self.kernel_size, self.dropout, seed, dtype=self.dtype_policy, name=f"block_{number}"
        )

    def build(self, inputs_shape, memory_shape, key_shape=None):
        key_shape = memory_shape if key_shape is None else key_shape
        self._build(inputs_shape, value_shape=memory_shape, key_shape=key_shape, embedded_shape=inputs_shape)

    def call(
        self,
        inputs,
        memory,
        key=None,
        inputs_mask=None,
        memory_mask=None,
        key_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        inputs = masking.zero_masked(inputs, inputs_mask, "inputs_mask")
        words = self.placing(inputs, mask=inputs_mask, training=training)  # (B, T, E)
        states, weights = self.inner_dense(words), []
        for block in self.blocks:
            states = block(
                states,
                memory,
                key,
                words,
                inputs_mask=inputs_mask,
                value_mask=memory_mask,
                key_mask=key_mask,
                return_attention_scores=return_attention_scores,
                training=training,
            )
            if return_attention_scores:
                states, of_block = states
                weights.append(of_block)
        states = masking.zero_masked(self.outer_dense(states), inputs_mask)
        return (states, _mean(weights)) if return_attention_scores else states

    def prepare(self, memory, key=None, memory_mask=None, key_mask=None):
        _, value, key = masking.zero_padding(memory, memory, key, value_mask=memory_mask, key_mask=key_mask)
        prepared = {"value": value, "key": key}
        prepared = {name: ops.cast(each, self.compute_dtype) for name, each in prepared.items()}
        masks = {"value_mask": memory_mask, "key_mask": key_mask}
        return {**prepared, **{name: mask for name, mask in masks.items() if mask is not None}}

    def initial_cache(self, prepared, max_length, copies=1):
        return [block.initial_cache(batch_size(prepared)) for block in self.blocks]

    def step(self, inputs, prepared, cache, t):
        inputs = ops.expand_dims(ops.cast(inputs, self.compute_dtype), 1)  # (B, 1, E)
        words = self.placing(inputs, start=t, training=False)
        states, weights, new = self.inner_dense(words), [], []
        with recording.not_recording():
            for block, past in zip(self.blocks, cache, strict=True):
                states, of_block, past = block(
                    states,
                    embedded=words,
                    cache=past,
                    return_attention_scores=True,
                    training=False,
                    **prepared,
                )
                weights.append(of_block)
                new.append(past)
        return ops.squeeze(self.outer_dense(states), 1), ops.squeeze(_mean(weights), 1), new

    def compute_output_shape(self, inputs_shape, memory_shape, key_shape=None):
        return inputs_shape


def _mean(weights):
    """Of a list of `(B, T, S)`."""
    return ops.mean(ops.stack(weights), axis=0)
