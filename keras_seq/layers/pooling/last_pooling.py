import keras

from keras_seq.layers.pooling.pooling import Pooling
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class LastPooling(Pooling):
    """The last kept step; with two directions, each direction where it ends.

        context = input_n                                    n: the last kept step
        context = [input_n,1..D/2 ; input_m,D/2+1..D]        bidirectional; m: the first kept step

    Input `(B, T, D)`, mask bool `(B, T)` (True = keep) -> `(B, D)`; zeros for a row that keeps nothing.

    Args:
        bidirectional: the second half of the width was read from right to left, so it ends at the
            first kept step.

    Example:

    >>> import numpy as np
    >>> inputs, mask = np.array([[[2.0], [4.0], [9.0]]]), np.array([[True, True, False]])
    >>> float(LastPooling()(inputs, mask=mask)[0, 0])
    4.0
    """

    def __init__(self, bidirectional=False, **kwargs):
        super().__init__(**kwargs)
        self.bidirectional = bidirectional

    def call(self, inputs, mask=None):
        return masking.end_steps(inputs, mask) if self.bidirectional else masking.last_step(inputs, mask)

    def get_config(self):
        return {**super().get_config(), "bidirectional": self.bidirectional}
