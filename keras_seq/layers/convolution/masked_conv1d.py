import keras

from keras_seq.layers.convolution.window_layer import WindowLayer
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import convolution, masking


@keras.saving.register_keras_serializable("keras_seq")
class MaskedConv1D(WindowLayer):
    """Convolution along the sequence, of the steps that are kept.

        output_n = activation(Σ_i W_i input_{n·strides + i·dilation_rate - left} + b)       i = 0 … K-1

    B batch, T length, D width, F filters, K kernel size, N number of windows; a window spans
    (K - 1)·dilation_rate + 1 steps. N = ⌈T / strides⌉ with padding "same" and "causal",
    ⌊(T - span) / strides⌋ + 1 with "valid".

    Args:
        filters: width F of the output.
        kernel_size: steps K that a window reads.
        strides: steps from window to window.
        padding: `"same"`: a window for every block of `strides` steps, the block in its middle; `"causal"`:
            the window ends with the block's first step, so that none reads what follows; `"valid"`: windows
            wholly inside the sequence only.
        dilation_rate: steps from one that a window reads to the next; above 1 with strides 1 only.
        activation: of the output; None: none.
        use_bias: whether b is added.
        kernel_initializer: of W `(K, D, F)`.
        bias_initializer: of b `(F,)`.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.

    Returns:
        `(B, N, F)`, 0 where a window is not kept.

    Masking: steps that the mask drops read as zeros, as do those outside. A row of n kept steps gives the
    windows that it gives alone: ⌈n / strides⌉, with "valid" those wholly inside. They are kept; their mask
    `(B, N)` is handed on.

    Cost: B·N·K·D·F.

    Raises:
        ValueError: wrong rank, unknown padding, a size below 1, strides and dilation together, "valid"
            windows longer than the inputs.

    Differs from `keras.layers.Conv1D`, which takes no mask, reads padding (after the first layer it holds
    the bias) and loses the mask; whose default is "valid"; and whose "same" windows move with the length of
    the batch where strides > 1 and T is no multiple of them. Equal elsewhere; weights can be copied.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(50, 8, mask_zero=True)(keras.Input((None,), dtype="int32"))
    >>> MaskedConv1D(16, 3, activation="relu")(words).shape
    (None, None, 16)

    Reference: Waibel et al. 1989, Phoneme Recognition Using Time-Delay Neural Networks.
    """

    paddings = ("same", "causal", "valid")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="same",
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        require_at_least(1, filters=filters, kernel_size=kernel_size, dilation_rate=dilation_rate)
        super().__init__((kernel_size - 1) * dilation_rate + 1, strides, padding, **kwargs)
        if strides > 1 and dilation_rate > 1:
            raise ValueError(
                "Strides and dilation do not go together: one of them must be 1. "
                f"Received: strides={strides}, dilation_rate={dilation_rate}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation_rate = dilation_rate
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, inputs_shape):
        super().build(inputs_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, inputs_shape[-1], self.filters),
            initializer=self.kernel_initializer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer=self.bias_initializer)

    def call(self, inputs, mask=None):
        outputs = convolution.convolution(
            inputs, self.kernel, mask, self.strides, self.padding, self.dilation_rate
        )  # (B, N, F)
        if self.use_bias:
            outputs = outputs + self.bias
        return masking.zero_masked(self.activation(outputs), self.compute_mask(inputs, mask))

    def compute_output_shape(self, inputs_shape):
        return (*super().compute_output_shape(inputs_shape)[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "dilation_rate": self.dilation_rate,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }
