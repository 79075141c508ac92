import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.conv_s2s.gated_convolution_block import GatedConvolutionBlock
from keras_seq.layers.conv_s2s.multi_step_attention import MultiStepAttention
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class ConvS2SDecoderBlock(TracedLayer):
    """ConvS2S's block of the decoder: a causal gated convolution, then attention to the source.

        h_t       = √½ · (GLU(W [input_{t-K+1} … input_t] + b) + input_t)
        d_t       = W_d h_t + b_d + embedded_t
        weights_t = softmax_s(d_t · key_s)                over the s that the masks keep
        c_t       = √m · Σ_s weights_ts · value_s         m: how many s they keep
        output_t  = √½ · (h_t + c_t)

    B batch, T target length, S source length, D width of the block, E of the embedded words, K kernel size.
    With z the encoder's output and e the embedded source words, the paper's key is z and its value z + e.
    Where D and E differ, W_c brings c to the width D. Where a target has no source to attend to, c is 0.

    Args:
        kernel_size: steps K that a step is computed from, itself and those before.
        dropout: fraction of the inputs dropped in training before the convolution.
        seed: of the dropout.

    Call arguments:
        inputs: float `(B, T, D)`.
        value: float `(B, S, E)`.
        key: float `(B, S, E')`; None takes the value.
        embedded: float `(B, T, E')`, the embedded target words, as the first block read them; None leaves
            them out.
        inputs_mask: bool `(B, T)`; Keras fills it and the two below from the tensors' own masks.
        value_mask: bool `(B, S)`.
        key_mask: bool `(B, S)`.
        cache: float `(B, K - 1, D)`, the inputs that came before these; `initial_cache` for the first steps.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        `(B, T, D)`, 0 on padding; then, with `return_attention_scores`, the weights `(B, T, S)`; then, with a
        `cache`, the cache for the steps that follow.

    Masking: True = keep. Weights on padding and of padding are exactly 0. The inputs' mask is handed on.

    Cost: 2·B·T·K·D² for the convolution, 2·B·T·S·E for the attention; with a cache a step costs the same
    whatever its number: keys and values are taken as they are, nothing of the source is computed again.

    Raises:
        ValueError: wrong rank, mismatched lengths or widths, a mask that is not boolean.

    Differs from the paper: no weight normalization; every sum of two is scaled by √½, that of h and c too.
    The encoder's gradients are not divided by the number of blocks that attend to it.

    Example:

    >>> import keras
    >>> target, source = keras.Input((None, 8)), keras.Input((None, 8))
    >>> encoded = GatedConvolutionBlock(3)(source)
    >>> decoded = ConvS2SDecoderBlock(3)(target, value=encoded + source, key=encoded, embedded=target)
    >>> decoded.shape
    (None, None, 8)

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, sections 3.2 to 3.4,
    equations 1 and 2.
    """

    def __init__(self, kernel_size=3, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.kernel_size = kernel_size
        self.dropout = dropout
        self.seed = seed
        self.convolution = GatedConvolutionBlock(
            kernel_size, "causal", dropout, seed, dtype=self.dtype_policy, name="convolution"
        )
        self.attention = MultiStepAttention(dtype=self.dtype_policy, name="attention")

    def build(self, inputs_shape, value_shape, key_shape=None, embedded_shape=None):
        self.convolution.build(inputs_shape)
        self.attention.build(inputs_shape, value_shape, key_shape, embedded_shape)
        self.context_kernel = None
        if value_shape[-1] != inputs_shape[-1]:
            self.context_kernel = self.add_weight(
                name="context_kernel",
                shape=(value_shape[-1], inputs_shape[-1]),
                initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal"),
            )
        self.built = True

    def initial_cache(self, batch_size):
        """The cache before the first step, `(B, K - 1, D)`: zeros. For a block that is built."""
        return self.convolution.initial_cache(batch_size)

    def call(
        self,
        inputs,
        value,
        key=None,
        embedded=None,
        inputs_mask=None,
        value_mask=None,
        key_mask=None,
        cache=None,
        return_attention_scores=False,
        training=None,
    ):
        hidden = self.convolution(inputs, mask=inputs_mask, cache=cache, training=training)  # (B, T, D)
        hidden, *cache = (hidden,) if cache is None else hidden
        with recording.not_recording():
            context, weights = self.attention(
                hidden,
                value,
                key,
                embedded,
                query_mask=inputs_mask,
                value_mask=value_mask,
                key_mask=key_mask,
                return_attention_scores=True,
            )  # (B, T, E), (B, T, S)
        recording.report(self, weights)
        if self.context_kernel is not None:
            context = ops.matmul(context, self.context_kernel)
        outputs = masking.zero_masked(0.5**0.5 * (hidden + context), inputs_mask)
        results = (outputs, *([weights] if return_attention_scores else []), *cache)
        return results if len(results) > 1 else outputs

    def compute_output_shape(self, inputs_shape, value_shape=None, key_shape=None, embedded_shape=None):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "dropout": self.dropout,
            "seed": self.seed,
        }
