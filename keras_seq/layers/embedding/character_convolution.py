import keras
from keras import ops

from keras_seq.layers.embedding.character_layer import CharacterLayer
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class CharacterConvolution(CharacterLayer):
    """Word vectors from characters, by convolutions of several widths and the maximum over the word.

        c_l    = embedding(character_l)                                  0 outside the word
        f_lw   = activation(K_w [c_{l-(w-1)/2} … c_{l+w/2}] + b_w)       for each width w
        vector = [max_l f_l,w1 ; max_l f_l,w2 ; …]                       over the characters l of the word

    B batch, T words, L characters of a word, F filters over all widths.

    Args:
        vocabulary_size: number of character ids, padding (0) and "other" (1) included.
        embedding_dim: width of a character.
        filters: filters of each width; a number, or one for each of `widths`.
        widths: how many characters a filter sees.
        activation: of the convolutions.

    Call arguments:
        inputs: int `(B, T, L)`, character ids, 0 = padding on the right.

    Returns:
        vectors `(B, T, F)`, and the words' mask `(B, T)`.

    Masking: windows stand around the characters of the word and see zeros beyond its ends, so padding changes
    nothing and a word may be shorter than a filter. A word without characters gives zeros and is masked.

    Cost: B·T·L·embedding_dim·Σ width·filters.

    Raises:
        ValueError: a size below 1, as many filters as there are not widths, a wrong rank.

    Example:

    >>> import keras
    >>> characters = keras.Input((None, None), dtype="int32")
    >>> CharacterConvolution(80, filters=(25, 50, 75), widths=(2, 3, 4))(characters).shape
    (None, None, 150)

    References: dos Santos & Zadrozny 2014, Learning Character-level Representations for Part-of-Speech
    Tagging, section 2.1; several widths: Kim et al. 2016, Character-Aware Neural Language Models,
    section 2.2 (there the windows stand inside the word).
    """

    def __init__(
        self, vocabulary_size, embedding_dim=16, filters=25, widths=(2, 3, 4), activation="tanh", **kwargs
    ):
        super().__init__(**kwargs)
        require_at_least(
            1, vocabulary_size=vocabulary_size, embedding_dim=embedding_dim, filters=filters, widths=widths
        )
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.filters = filters if isinstance(filters, int) else tuple(filters)
        self.widths = tuple(widths)
        self.activation = keras.activations.get(activation)
        counts = (filters,) * len(self.widths) if isinstance(filters, int) else self.filters
        if len(counts) != len(self.widths):
            raise ValueError(
                "filters must be one number, or one for each width. "
                f"Received: filters={counts}, widths={self.widths}"
            )
        self.embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim, dtype=self.dtype_policy, name="embedding"
        )
        self.convolutions = [
            keras.layers.Conv1D(
                count, width, padding="same", activation=self.activation, dtype=self.dtype_policy,
                name=f"width_{width}",
            )
            for count, width in zip(counts, self.widths, strict=True)
        ]  # fmt: skip

    @property
    def width(self):
        return sum(convolution.filters for convolution in self.convolutions)

    def build_words(self, character_ids_shape):
        self.embedding.build(character_ids_shape)
        for convolution in self.convolutions:
            convolution.build((*character_ids_shape, self.embedding_dim))

    def call_words(self, character_ids, mask):
        characters = masking.zero_masked(self.embedding(character_ids), mask)  # (B·T, L, embedding_dim)
        found = [convolution(characters) for convolution in self.convolutions]
        return masking.masked_max(ops.concatenate(found, axis=-1), mask)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "filters": self.filters,
            "widths": self.widths,
            "activation": keras.activations.serialize(self.activation),
        }
