import keras

from keras_seq.layers.transformer.transformer_block import TransformerBlock
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class TransformerEncoderBlock(TransformerBlock):
    """Self-attention, then a feed-forward network, each with a residual and a layer normalization.

        attended_t = norm(input_t + self_attention(input)_t)
        output_t   = norm(attended_t + W_2 activation(W_1 attended_t))

    or, with `norm_first`, in the order that trains deep stacks without warm-up:

        attended_t = input_t + self_attention(norm(input))_t
        output_t   = attended_t + W_2 activation(W_1 norm(attended_t))

    B batch, T length, D width, H heads. Blocks are stacked one upon the other; with `norm_first` a
    `keras.layers.LayerNormalization` follows the last. Positions are added before the first (see
    `SinusoidalPositions`, `LearnedPositions`), or turned inside (`rotary`).

    Args:
        num_heads: H.
        feed_forward_dim: width between W_1 and W_2; four times D in the paper.
        key_dim: width of a head; None: D / H.
        activation: of the feed-forward network: `"relu"`, `"gelu"`, any of Keras'.
        dropout: fraction dropped in training of the attention's weights, of the activations, and of what
            each residual adds.
        norm_first: normalize what a sublayer reads, rather than what the residual gives.
        scope: what a step sees: `"global"`, `"causal"` (for a language model), `"windowed"`, any scope of
            `Attention`.
        rotary: whether queries and keys are turned by their positions, as in `RotaryPositions`.
        epsilon: added to the variance in the layer normalizations.
        seed: of the dropout.
        kernel_initializer: of all kernels.

    Call arguments:
        inputs: float `(B, T, D)`; one step `(B, 1, D)` with a cache.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        attention_mask: bool `(B, T, T)`, or what broadcasts to it.
        cache: with a causal scope, what `initial_cache`, or the call for the step before, gave.
        step: with a cache, which step this is: an int or an int32 scalar tensor, 0 for the first.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        `(B, T, D)`; then, with `return_attention_scores`, the weights `(B, H, T, T)`; then, with a `cache`,
        the cache for the next step.

    Masking: padding gets no weight and gives zeros; the mask is handed on.

    Numerics: softmax and normalizations in float32 or wider; equal to `torch.nn.TransformerEncoderLayer`.

    Cost: B·T·(4·D² + 2·D·feed_forward_dim) + 2·B·T²·D multiplications.

    Raises:
        ValueError: num_heads that does not divide D where no key_dim is given, wrong rank.

    Example:

    >>> import keras
    >>> token_ids = keras.Input((None,), dtype="int32")
    >>> states = keras.layers.Embedding(100, 8, mask_zero=True)(token_ids)
    >>> for _ in range(2):
    ...     states = TransformerEncoderBlock(num_heads=2, feed_forward_dim=32)(states)
    >>> states.shape
    (None, None, 8)

    References: Vaswani et al. 2017, Attention Is All You Need, sections 3.1 and 3.3; `norm_first`: Xiong et
    al. 2020, On Layer Normalization in the Transformer Architecture.
    """

    def sublayers(self):
        return ("self_attention", "feed_forward")

    def initial_cache(self, batch_size, max_length):
        """The cache before the first step. For a block that is built."""
        return self.self_attention.initial_cache(batch_size, max_length)

    def call(
        self,
        inputs,
        mask=None,
        attention_mask=None,
        cache=None,
        step=None,
        return_attention_scores=False,
        training=None,
    ):
        inputs = masking.zero_masked(inputs, mask)
        attended = self.self_attention(
            self._before(0, inputs),
            mask=mask,
            attention_mask=attention_mask,
            cache=cache,
            step=step,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        attended, *more = attended if isinstance(attended, tuple) else (attended,)
        states = self._after(0, inputs, attended, training)
        states = self._after(1, states, self._feed_forward(self._before(1, states), training), training)
        states = masking.zero_masked(states, mask)
        return (states, *more) if more else states

    def compute_output_shape(self, inputs_shape):
        return inputs_shape
