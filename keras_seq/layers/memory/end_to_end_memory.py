import keras
from keras import ops

from keras_seq.layers.memory.memory_hops import MemoryHops
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking
from keras_seq.ops import memory as memories


@keras.saving.register_keras_serializable("keras_seq")
class EndToEndMemory(MemoryHops):
    """A question asked of a memory of sentences, both given as token ids, in several hops.

        key^k_n = Σ_j l_j ∘ A^k x_nj + T_A^k(age_n)     value^k_n = Σ_j l_j ∘ C^k x_nj + T_C^k(age_n)
        u^1     = Σ_j l_j ∘ B q_j                       then hops as in `MemoryHops`
        logits  = W u^{K+1}                             with `answer`

    x_nj is word j of sentence n, q_j of the question, l the position encoding. The matrices are embeddings
    `(V, U)`, tied as in `MemoryHops`. W is C^K with adjacent tying, else a matrix of its own.

    B batch, N sentences, W words of a sentence, Q words of the question, V vocabulary, U units, K hops.

    Args:
        vocabulary_size: V, padding (id 0) and "other" included.
        units: U.
        hops, tying, max_age, softmax, initializer: as in `MemoryHops`.
        position_encoding: False: l = 1, a sentence is a bag of words.
        answer: give logits over the vocabulary, for answers of one word.

    Call arguments:
        query: int `(B, Q)`, token ids, 0 = padding on the right.
        memory: int `(B, N, W)`, the sentences in order of time.
        return_attention_scores: also return the weights.

    Returns:
        u^{K+1} `(B, U)`, or logits `(B, V)` with `answer`; with `return_attention_scores` the pair of it and
        the weights `(B, K, N)`.

    Masking: id 0 is padding. A sentence without words gets weight 0 and no age. The result has no mask.

    Numerics: as in `MemoryHops`; words are summed in float32 or wider.

    Cost: B·N·W·U for each of the K + 1 (or 2) embeddings of the memory, 2·B·N·U for each hop.

    Raises:
        ValueError: as in `MemoryHops`.

    Example:

    >>> import keras
    >>> query, memory = keras.Input((None,), dtype="int32"), keras.Input((None, None), dtype="int32")
    >>> layer = EndToEndMemory(vocabulary_size=50, units=20, max_age=30, answer=True)
    >>> logits, weights = layer(query, memory, return_attention_scores=True)
    >>> logits.shape, weights.shape
    ((None, 50), (None, 3, None))

    Reference: Sukhbaatar et al. 2015, End-To-End Memory Networks, equations 1-4; position and temporal
    encoding: section 4.1, "Sentence Representation" and "Temporal Encoding".
    """

    def __init__(
        self, vocabulary_size, units, hops=3, tying="adjacent", position_encoding=True, answer=False, **kwargs
    ):
        super().__init__(units, hops, tying, **kwargs)
        if vocabulary_size < 2:
            raise ValueError(
                "vocabulary_size must be at least 2: padding and one word. "
                f"Received: vocabulary_size={vocabulary_size}"
            )
        self.vocabulary_size = vocabulary_size
        self.position_encoding = position_encoding
        self.answer = answer

    def build(self, query_shape, memory_shape):
        require_rank(("batch", "words"), query=query_shape)
        require_rank(("batch", "sentences", "words"), memory=memory_shape)
        own = 0 if self.tying == "adjacent" else 2 if self.answer else 1  # B, and W
        self._build_tables([self.vocabulary_size] * (self._encodings + own))
        self.built = True

    def call(self, query, memory, return_attention_scores=False):
        keep = ops.not_equal(memory, 0)  # (B, N, W)
        encoded = [self._sentences(self.tables[k], memory, keep) for k in range(self._encodings)]
        state = self._sentences(self.tables[self._question], query, ops.not_equal(query, 0))  # (B, U)
        result, weights = self._hop(state, encoded, ops.any(keep, axis=-1))
        if self.answer:
            result = ops.matmul(result, ops.transpose(self.tables[-1]))  # (B, V)
        return (result, weights) if return_attention_scores else result

    def compute_output_shape(self, query_shape, memory_shape):
        return (query_shape[0], self.vocabulary_size if self.answer else self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "position_encoding": self.position_encoding,
            "answer": self.answer,
        }

    def _sentences(self, table, token_ids, keep):
        """Ids `(…, W)` -> the sum of their vectors `(…, U)`."""
        words = masking.zero_masked(ops.take(ops.convert_to_tensor(table), token_ids, axis=0), keep)
        words = ops.cast(words, self.variable_dtype)  # (…, W, U)
        if self.position_encoding:
            words = words * ops.cast(memories.position_encoding(keep, self.units), words.dtype)
        return ops.cast(ops.sum(words, axis=-2), self.compute_dtype)
