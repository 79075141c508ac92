import keras
from keras import ops

from keras_seq.errors import nearest
from keras_seq.layers.numbers import require_at_least, require_fraction
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import convolution, masking

_PADDINGS = ("same", "causal")


@keras.saving.register_keras_serializable("keras_seq")
class GatedConvolutionBlock(TracedLayer):
    """A convolution with gated linear units and a residual connection: ConvS2S's block of the encoder.

        [A_t ; B_t] = W [input_{t-K//2} … input_{t+K//2}] + b       causal: W [input_{t-K+1} … input_t] + b
        output_t    = √½ · (A_t ⊗ σ(B_t) + input_t)

    B batch, T length, D width, K kernel size. √½ keeps the variance of a sum of two. Blocks are stacked to
    see further: L blocks of size K read L·(K - 1) + 1 steps. In the paper a Dense brings the embedded words
    (with their positions) to the width of the blocks.

    Args:
        kernel_size: steps K that a step is computed from.
        padding: `"same"`: as many before as behind; `"causal"`: none that follows, for a decoder.
        dropout: fraction of the inputs dropped in training before the convolution (the residual is whole).
        seed: of the dropout.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        cache: float `(B, K - 1, D)`, the inputs that came before these; `initial_cache` for the first steps.
            Causal only. The mask of steps that go with a cache is to be passed, if they have one.
        training: bool.

    Returns:
        `(B, T, D)`, 0 on padding; with a `cache` the pair (outputs, the cache for the steps that follow).

    Masking: steps that the mask drops read as zeros, as do those outside. The mask is handed on.

    Cost: 2·B·T·K·D², on the way step by step 2·B·K·D² a step, whatever its number.

    Raises:
        ValueError: wrong rank, unknown padding, a kernel size below 1, a cache with padding="same".

    Differs from the paper: no weight normalization. The kernel begins normal with variance 4·(1 - dropout) /
    (K·D) (section 3.5), the bias at zero.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(50, 8, mask_zero=True)(keras.Input((None,), dtype="int32"))
    >>> GatedConvolutionBlock(3)(GatedConvolutionBlock(3)(words)).shape
    (None, None, 8)

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, sections 3.2, 3.4, 3.5.
    """

    def __init__(self, kernel_size=3, padding="same", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, kernel_size=kernel_size)
        if padding not in _PADDINGS:
            raise ValueError(
                f"Unknown padding. Expected {nearest(padding, _PADDINGS)}. Received: padding={padding!r}"
            )
        require_fraction(dropout=dropout)
        self.supports_masking = True
        self.kernel_size = kernel_size
        self.padding = padding
        self.dropout = dropout
        self.seed = seed
        self.inputs_dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        width = inputs_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, width, 2 * width),
            initializer=keras.initializers.VarianceScaling(
                4.0 * (1 - self.dropout), "fan_in", "untruncated_normal"
            ),
        )
        self.bias = self.add_weight(name="bias", shape=(2 * width,), initializer="zeros")
        self.built = True

    def initial_cache(self, batch_size):
        """The cache before the first step, `(B, K - 1, D)`: zeros. For a block that is built."""
        return ops.zeros((batch_size, self.kernel_size - 1, self.kernel.shape[1]), self.compute_dtype)

    def call(self, inputs, mask=None, cache=None, training=None):
        if cache is not None and self.padding != "causal":
            raise ValueError(
                'A block that reads what follows has no steps: a cache needs padding="causal". '
                f"Received: padding={self.padding!r}"
            )
        steps = masking.zero_masked(inputs, mask)
        read = steps if cache is None else ops.concatenate([cache, steps], axis=1)  # (B, K - 1 + T, D)
        gated = convolution.convolution(
            self.inputs_dropout(read, training=training),
            self.kernel,
            padding=self.padding if cache is None else "valid",
        )
        outputs = 0.5**0.5 * (ops.glu(gated + self.bias) + steps)  # (B, T, D)
        outputs = masking.zero_masked(outputs, mask)
        return outputs if cache is None else (outputs, read[:, ops.shape(inputs)[1] :])

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "padding": self.padding,
            "dropout": self.dropout,
            "seed": self.seed,
        }
