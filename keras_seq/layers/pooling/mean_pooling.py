import keras

from keras_seq.layers.pooling.pooling import Pooling
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class MeanPooling(Pooling):
    """The mean of the kept steps: context = Σ_t keep_t · input_t / Σ_t keep_t.

    Input `(B, T, D)`, mask bool `(B, T)` (True = keep) -> `(B, D)`; zeros for a row that keeps nothing.

    Differs from `keras.layers.GlobalAveragePooling1D`: an empty row gives zeros, not nan, and the sum is
    taken in float32 or wider.

    Example:

    >>> import numpy as np
    >>> inputs, mask = np.array([[[2.0], [4.0], [9.0]]]), np.array([[True, True, False]])
    >>> float(MeanPooling()(inputs, mask=mask)[0, 0])
    3.0
    """

    def call(self, inputs, mask=None):
        return masking.masked_mean(inputs, mask)
