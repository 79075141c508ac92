import numbers

import keras
from keras import ops

from keras_seq.layers.embedding.positions.added_positions import AddedPositions
from keras_seq.layers.numbers import require_at_least


@keras.saving.register_keras_serializable("keras_seq")
class LearnedPositions(AddedPositions):
    """Adds a learned vector for each position.

        output_t = input_t + table[start + t]

    B batch, T length, D width.

    Args:
        max_length: rows of the table: one more than the last position there is a vector for.
        embeddings_initializer: of the table `(max_length, D)`.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        start: the first input's position, an int or an int32 scalar tensor, for decoding step by step.

    Returns:
        float `(B, T, D)`.

    Masking: padding gives zeros; the mask is handed on.

    Cost: max_length · D weights.

    Raises:
        ValueError: more positions than the table has, where length and start are known beforehand. (Where
            they are not, TensorFlow raises on CPU, and elsewhere what lies beyond is undefined.)

    Example:

    >>> import keras
    >>> token_ids = keras.Input((None,), dtype="int32")
    >>> words = keras.layers.Embedding(100, 8, mask_zero=True)(token_ids)
    >>> LearnedPositions(max_length=512)(words).shape
    (None, None, 8)

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, section 3.1.
    """

    def __init__(self, max_length, embeddings_initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, max_length=max_length)
        self.max_length = max_length
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, inputs_shape):
        super().build(inputs_shape)
        self._expect_vectors(inputs_shape)
        self.table = self.add_weight(
            name="table", shape=(self.max_length, inputs_shape[-1]), initializer=self.embeddings_initializer
        )

    def vectors(self, steps, width):
        return ops.take(self.table, steps, axis=0)

    def call(self, inputs, mask=None, start=0):
        if isinstance(start, numbers.Integral):
            self._expect_vectors(inputs.shape, start)
        return super().call(inputs, mask, start)

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }

    def _expect_vectors(self, inputs_shape, start=0):
        length = inputs_shape[1]
        # Or None, or on JAX a symbol that cannot be compared.
        if isinstance(length, int) and start + length > self.max_length:
            raise ValueError(
                f"There are vectors for {self.max_length} positions and no more. "
                f"Received: inputs of shape {tuple(inputs_shape)}, start={start}. "
                f"Cut the inputs, or make the layer with max_length={start + length} or more."
            )
