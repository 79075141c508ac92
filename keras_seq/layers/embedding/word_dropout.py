import keras
from keras import ops

from keras_seq.layers.numbers import require_fraction


@keras.saving.register_keras_serializable("keras_seq")
class WordDropout(keras.layers.Layer):
    """In training, replace each token by "other" with probability `rate`, so that no one word is relied on.

        output_t = unknown_id    with probability `rate`, in training, where input_t is not padding
        output_t = input_t       otherwise

    Input and output: int32 token ids `(B, T)`; or `(B, T, W)`, rows of ids, that of the word and those of its
    letters say, which become unknown all together (the zeros among them stay).

    Args:
        rate: probability, at least 0 and below 1.
        unknown_id: the id that stands for "other".
        seed: of the choice.

    Masking: padding (id 0) stays padding; the mask is handed on.

    Example:

    >>> import keras, numpy as np
    >>> keras.ops.convert_to_numpy(WordDropout(0.5)(np.array([[5, 7, 0]]))).tolist()
    [[5, 7, 0]]

    Reference: Iyyer et al. 2015, Deep Unordered Composition Rivals Syntactic Methods for Text
    Classification, section 3.1 (there the word is left out; here it becomes unknown).
    """

    def __init__(self, rate, unknown_id=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        require_fraction(rate=rate)
        self.supports_masking = True
        self.rate = rate
        self.unknown_id = unknown_id
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        chosen = keras.random.uniform(ops.shape(inputs)[:2], seed=self.seed_generator) < self.rate  # (B, T)
        if len(inputs.shape) == 3:
            chosen = ops.expand_dims(chosen, -1)
        unknown = ops.full_like(inputs, self.unknown_id)
        return ops.where(ops.logical_and(chosen, ops.not_equal(inputs, 0)), unknown, inputs)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor(inputs.shape, dtype=inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "unknown_id": self.unknown_id, "seed": self.seed}
