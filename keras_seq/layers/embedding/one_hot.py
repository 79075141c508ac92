import keras
from keras import ops

from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class OneHot(keras.layers.Layer):
    """One-hot vectors, with an entry for "other".

        output_t,i = 1 where i = id_t, else 0         for id_t in 1 … depth - 1
        output_t,1 = 1                                for any other id, with `other`
        output_t   = 0                                for padding, id 0

    Args:
        depth: width of the vectors: the number of ids, padding (0) and "other" (1) included.
        other: count ids that are too large or negative as id 1; False: they give zeros.

    Call arguments:
        inputs: int ids `(B, T)`, or of any other shape.

    Returns:
        `(B, T, depth)`, and the mask `(B, T)`.

    Masking: id 0 is padding: zeros, and dropped by the mask that is handed on.

    Raises:
        ValueError: a depth that leaves no room for an id.

    Differs from `keras.ops.one_hot` and `keras.layers.CategoryEncoding`: an unknown id is not lost, padding
    is not a category, and there is a mask.

    Example:

    >>> import numpy as np
    >>> keras.ops.convert_to_numpy(OneHot(4)(np.array([[3, 99, 0]]))).tolist()
    [[[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]
    """

    def __init__(self, depth, other=True, **kwargs):
        super().__init__(**kwargs)
        if depth < 2:
            raise ValueError(f"depth must be at least 2: padding and one id. Received: depth={depth}")
        self.supports_masking = True
        self.depth = depth
        self.other = other

    def call(self, inputs):
        known = ops.logical_and(inputs >= 0, inputs < self.depth)
        ids = ops.where(known, inputs, 1)
        vectors = ops.one_hot(ids, self.depth, dtype=self.compute_dtype)
        keep = ops.not_equal(inputs, 0)
        return masking.zero_masked(vectors, keep if self.other else ops.logical_and(keep, known))

    def compute_mask(self, inputs, previous_mask=None):
        return ops.not_equal(inputs, 0)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape, self.depth)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor((*inputs.shape, self.depth), dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "depth": self.depth, "other": self.other}
