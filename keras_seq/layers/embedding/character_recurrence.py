import keras

from keras_seq.layers.embedding.character_layer import CharacterLayer
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.pooling.last_pooling import LastPooling
from keras_seq.layers.recurrent.recurrent_encoder import RecurrentEncoder


@keras.saving.register_keras_serializable("keras_seq")
class CharacterRecurrence(CharacterLayer):
    """Word vectors from characters, read in both directions: the two states in which the word ends.

        forward_l  = cell(embedding(character_l), forward_{l-1})         l = 1 … n
        backward_l = cell(embedding(character_l), backward_{l+1})        l = n … 1
        vector     = [forward_n ; backward_1]

    B batch, T words, L characters of a word, n those that are not padding, U units.

    Args:
        vocabulary_size: number of character ids, padding (0) and "other" (1) included.
        embedding_dim: width of a character.
        units: width U of each direction.
        cell: `"lstm"`, `"gru"` or `"simple"`.

    Call arguments:
        inputs: int `(B, T, L)`, character ids, 0 = padding on the right.

    Returns:
        vectors `(B, T, 2 U)`, and the words' mask `(B, T)`.

    Masking: the characters of the word are read and no others. A word without characters gives zeros and is
    masked.

    Cost: that of a `RecurrentEncoder` over B·T rows of L steps.

    Raises:
        ValueError: a size below 1, an unknown cell, a wrong rank.

    Example:

    >>> import keras
    >>> CharacterRecurrence(80, units=25)(keras.Input((None, None), dtype="int32")).shape
    (None, None, 50)

    References: Ling et al. 2015, Finding Function in Form, section 3 (there the two states are projected and
    added: put a `Dense` layer behind this one); as here: Lample et al. 2016, Neural Architectures for Named
    Entity Recognition, section 4.1.
    """

    def __init__(self, vocabulary_size, embedding_dim=16, units=25, cell="lstm", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, vocabulary_size=vocabulary_size, embedding_dim=embedding_dim, units=units)
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.cell = cell
        self.embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim, dtype=self.dtype_policy, name="embedding"
        )
        self.encoder = RecurrentEncoder(units, cell=cell, dtype=self.dtype_policy, name="encoder")
        self.ends = LastPooling(bidirectional=True, dtype=self.dtype_policy, name="ends")

    @property
    def width(self):
        return 2 * self.units

    def build_words(self, character_ids_shape):
        self.embedding.build(character_ids_shape)
        if not self.encoder.built:
            self.encoder.build((*character_ids_shape, self.embedding_dim))

    def call_words(self, character_ids, mask):
        states = self.encoder(self.embedding(character_ids), mask=mask)  # (B·T, L, 2 U)
        return self.ends(states, mask=mask)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "cell": self.cell,
        }
