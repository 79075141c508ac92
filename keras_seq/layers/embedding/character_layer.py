import keras
from keras import ops

from keras_seq.layers.shapes import require_rank


class CharacterLayer(keras.layers.Layer):
    """Words spelt in character ids `(B, T, L)`, 0 = padding on the right -> vectors `(B, T, D)`.

    A word without characters is padding: zeros, and dropped by the mask `(B, T)` that is handed on.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        require_rank(("batch", "words", "characters"), inputs=inputs_shape)
        self.build_words((None, inputs_shape[2]))
        self.built = True

    def call(self, inputs):
        batch, words, length = ops.shape(inputs)
        character_ids = ops.cast(ops.reshape(inputs, (-1, length)), "int32")  # (B·T, L)
        vectors = self.call_words(character_ids, ops.not_equal(character_ids, 0))  # (B·T, D)
        return ops.reshape(vectors, (batch, words, self.width))

    def compute_mask(self, inputs, previous_mask=None):
        return ops.any(ops.not_equal(inputs, 0), axis=-1)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.width)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    @property
    def width(self):
        """D, the width of a word's vector."""
        raise NotImplementedError

    def build_words(self, character_ids_shape):
        """Make the weights, for ids of shape `(None, L)`."""

    def call_words(self, character_ids, mask):
        """Ids `(B·T, L)` and bool `(B·T, L)` -> `(B·T, D)`."""
        raise NotImplementedError
