import keras

from keras_seq.layers.pooling.pooling import Pooling
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class MaxPooling(Pooling):
    """The maximum over the kept steps, dimension by dimension: context_d = max_t input_td.

    Input `(B, T, D)`, mask bool `(B, T)` (True = keep) -> `(B, D)`; zeros for a row that keeps nothing.

    Differs from `keras.layers.GlobalMaxPooling1D`, which takes no mask and so finds its maximum on padding.

    Example:

    >>> import numpy as np
    >>> inputs, mask = np.array([[[2.0], [4.0], [9.0]]]), np.array([[True, True, False]])
    >>> float(MaxPooling()(inputs, mask=mask)[0, 0])
    4.0
    """

    def call(self, inputs, mask=None):
        return masking.masked_max(inputs, mask)
