import keras
from keras import ops

from keras_seq.layers.embedding.character_layer import CharacterLayer
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import masking, ngrams

_MARK = 2  # the id of "#"; letters come after it, and hash_ngrams leaves out 0 and 1


@keras.saving.register_keras_serializable("keras_seq")
class LetterNgrams(CharacterLayer):
    """Word hashing: a word as the letter n-grams in it, "cat" as #ca, cat and at#.

        counts_s = how many n-grams of #word# have slot s               without `units`
        vector   = Σ_g table[slot(g)]                                   over the n-grams g of #word#

    The second is counts · table, without the counts being written out. Any letters, no vocabulary of n-grams:
    an n-gram's slot is its hash, and n-grams that share one are taken for the same. The letter 1, "other", is
    a letter like others.

    B batch, T words, L characters of a word, S slots, U units.

    Args:
        slots: S, at most 2,097,143; a prime spreads best.
        units: width U of the vectors; None gives the counts.
        shortest: the smallest n.
        longest: the largest n.
        initializer: of the table `(S, U)`.

    Call arguments:
        inputs: int `(B, T, L)`, character ids, 0 = padding on the right.

    Returns:
        counts `(B, T, S)` or vectors `(B, T, U)`, and the words' mask `(B, T)`.

    Masking: n-grams are those of the word between its two marks. A word without characters has none: zeros,
    and it is masked.

    Cost: B·T·L·(longest - shortest + 1) look-ups; the counts take B·T·S numbers.

    Raises:
        ValueError: a size below 1, `longest` below `shortest`, too many slots, a wrong rank.

    Example:

    >>> import numpy as np
    >>> cat = np.array([[[4, 2, 21, 0]]])
    >>> float(keras.ops.sum(LetterNgrams(slots=1009)(cat)))
    3.0

    References: Huang et al. 2013, Learning Deep Structured Semantic Models for Web Search using Clickthrough
    Data, section 3.2 (there a list of trigrams, here hashes); n-grams of several lengths with a vector each:
    Bojanowski et al. 2017, Enriching Word Vectors with Subword Information, section 3.2.
    """

    def __init__(self, slots=10_007, units=None, shortest=3, longest=3, initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        require_at_least(1, slots=slots, shortest=shortest)
        require_at_least(1, units=units, none="the counts")
        if longest < shortest:
            raise ValueError(
                f"longest must be at least shortest. Received: shortest={shortest}, longest={longest}"
            )
        if slots > ngrams.MOST_SLOTS:
            raise ValueError(f"slots must be at most {ngrams.MOST_SLOTS}. Received: slots={slots}")
        self.slots = slots
        self.units = units
        self.shortest = shortest
        self.longest = longest
        self.initializer = keras.initializers.get(initializer)

    @property
    def width(self):
        return self.slots if self.units is None else self.units

    def build_words(self, character_ids_shape):
        if self.units is not None:
            self.table = self.add_weight(
                name="table", shape=(self.slots, self.units), initializer=self.initializer
            )

    def call_words(self, character_ids, mask):
        marked = _between_marks(character_ids, mask)  # (B·T, L + 2)
        slot, _, there = ngrams.hash_ngrams(marked, self.longest, self.slots)  # (B·T, L + 2, longest)
        slot, there = (
            ops.reshape(each[..., self.shortest - 1 :], (ops.shape(each)[0], -1)) for each in (slot, there)
        )  # (B·T, n-grams)
        if self.units is None:
            return self._counts(slot, there)
        vectors = ops.take(ops.convert_to_tensor(self.table), slot, axis=0)  # (B·T, n-grams, U)
        return ops.sum(masking.zero_masked(vectors, there), axis=1)

    def get_config(self):
        return {
            **super().get_config(),
            "slots": self.slots,
            "units": self.units,
            "shortest": self.shortest,
            "longest": self.longest,
            "initializer": keras.initializers.serialize(self.initializer),
        }

    def _counts(self, slot, there):
        """`(B·T, n-grams)` -> `(B·T, S)`."""
        words = ops.shape(slot)[0]
        place = slot + ops.expand_dims(ops.arange(words, dtype="int32"), 1) * self.slots
        counts = ops.segment_sum(
            ops.reshape(ops.cast(there, "float32"), (-1,)),
            ops.reshape(place, (-1,)),
            num_segments=words * self.slots,
        )
        return ops.cast(ops.reshape(counts, (words, self.slots)), self.compute_dtype)


def _between_marks(character_ids, mask):
    """#word#: ids `(W, L)` -> `(W, L + 2)`, a mark before the first letter and one behind the last."""
    letters = ops.pad(ops.where(mask, character_ids + _MARK, 0), [[0, 0], [1, 1]])
    length = ops.expand_dims(masking.sequence_lengths(mask), 1)  # (W, 1)
    step = ops.expand_dims(ops.arange(ops.shape(letters)[1], dtype="int32"), 0)  # (1, L + 2)
    ends = ops.logical_or(ops.equal(step, 0), ops.equal(step, length + 1))
    is_mark = ops.logical_and(ends, length > 0)
    return ops.where(is_mark, ops.full_like(letters, _MARK), letters)
