import keras

from keras_seq.layers.convolution.pooling1d import Pooling1D
from keras_seq.ops import convolution


@keras.saving.register_keras_serializable("keras_seq")
class MaskedAveragePooling1D(Pooling1D):
    """The mean over the kept steps of each window.

        output_nd = mean of input_td over the kept steps t of window n

    B batch, T length, D width, N number of windows: ⌈T / strides⌉ with padding "same", and with "valid"
    ⌊(T - pool_size) / strides⌋ + 1.

    Args:
        pool_size: steps a window.
        strides: steps from window to window; None: `pool_size`, so that windows lie side by side.
        padding: `"same"`: a window for every block of `strides` steps, the last one may be shorter;
            `"valid"`: whole windows only.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.

    Returns:
        `(B, N, D)`, 0 where a window is not kept.

    Masking: a row of n kept steps gives the windows that it gives alone: ⌈n / strides⌉ with "same", with
    "valid" those wholly inside. They are kept; their mask `(B, N)` is handed on. Divided by the number of
    kept steps, not by `pool_size`.

    Numerics: averaged in float32 or wider under every dtype policy.

    Cost: B·N·pool_size·D.

    Raises:
        ValueError: wrong rank, unknown padding, a size below 1, "valid" windows longer than the inputs.

    Differs from `keras.layers.AveragePooling1D`, which takes no mask, counts padding as numbers and loses the
    mask; whose default is "valid", which drops the last steps of a row; and whose "same" windows move with
    the length of the batch where T is no multiple of the strides. Equal elsewhere.

    Example:

    >>> import numpy as np
    >>> inputs = np.array([[[2.0], [4.0], [-3.0], [0.0], [0.0], [0.0]]])
    >>> mask = np.array([[True, True, True, False, False, False]])
    >>> MaskedAveragePooling1D(2)(inputs, mask=mask).numpy().ravel().tolist()
    [3.0, -3.0, 0.0]
    """

    def call(self, inputs, mask=None):
        return convolution.mean_pooling(inputs, self.pool_size, mask, self.strides, self.padding)
