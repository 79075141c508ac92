"""Words and their letters to ids in a TensorFlow graph: the twin of `WordEncoder`."""

import tensorflow as tf

from keras_seq.export.graph_characters import GraphCharacters
from keras_seq.export.graph_table import graph_table
from keras_seq.export.graph_tokenizer import GraphTokenizer
from keras_seq.text import WordEncoder
from keras_seq.text.characters import IGNORED

__all__ = ["GraphWordEncoder"]


class GraphWordEncoder(tf.Module):
    """A `WordEncoder` made of TensorFlow operators: the same tokens and rows of ids.

    Vocabularies and character tables are constants of the graph.

    Args:
        encoder: what to say in TensorFlow.

    Call arguments:
        texts: strings of shape (B,), as `GraphTokenizer` takes them.

    Returns:
        dict of `token_ids` (B, T, 1 + L) int32, 0 behind the end; `tokens` (B, T) strings, "" behind the end;
        `starts` and `ends` (B, T) int32, where each token stands in its text, in characters, -1 behind the
        end; `lengths` (B,) int32, in tokens. T is the longest of the batch, and at least 1.

    Example:
        >>> graph = GraphWordEncoder(WordEncoder.fit([["Rome", "in", "1998"], ["in", "Rome"]], letters=4))
        >>> graph(["Rome 2004", ""])["token_ids"].numpy().tolist()
        [[[2, 3, 8, 6, 4], [4, 1, 1, 1, 1]], [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]
    """

    def __init__(self, encoder: WordEncoder, name: str | None = None):
        super().__init__(name=name)
        self._tokenizer = GraphTokenizer(encoder.tokenizer)
        self._kept = GraphCharacters(lowercase=False)
        self._folded = GraphCharacters(encoder.lowercase)
        self._digits = encoder.digits
        self._width = encoder.width
        words = encoder.vocabulary.tokens[1:]  # no word is padding, whatever it is spelt like
        self._words = graph_table([word.encode() for word in words], range(1, len(words) + 1), default=1)
        if encoder.characters:
            letters = encoder.characters.tokens[2:]
            # A table must not be empty: no character has the code -1.
            self._letters = graph_table([-1, *map(ord, letters)], [1, *range(2, len(letters) + 2)], default=1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")], autograph=False)
    def __call__(self, texts):
        tokens, starts, ends = self._tokenizer(texts)
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        shape = tf.stack([tf.size(texts), tf.reduce_max(tf.concat([lengths, [1]], 0))])
        tokens, starts, ends = (
            tf.ensure_shape(ragged.to_tensor(padding, shape=shape), [None, None])
            for ragged, padding in ((tokens, ""), (starts, -1), (ends, -1))
        )
        return {
            "token_ids": self.rows(tokens, lengths),
            "tokens": tokens,
            "starts": starts,
            "ends": ends,
            "lengths": lengths,
        }

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.string, name="tokens"),
            tf.TensorSpec([None], tf.int32, name="lengths"),
        ],
        autograph=False,
    )
    def rows(self, tokens, lengths):
        """Tokens (B, T), padding behind `lengths` (B,) of them -> rows of ids (B, T, 1 + L)."""
        shape = tf.concat([tf.shape(tokens), [self._width]], 0)
        is_token = tf.sequence_mask(lengths, shape[1])
        rows = self._rows(tf.reshape(tokens, [-1]))
        return tf.where(is_token[:, :, None], tf.reshape(rows, shape), 0)

    def _rows(self, tokens):
        """Tokens (M,) -> rows (M, 1 + L)."""
        decoded = tf.strings.unicode_decode(tokens, "UTF-8")
        classes, codes = self._kept(decoded.flat_values)
        seen = classes != IGNORED
        codes, token_of = (tf.boolean_mask(each, seen) for each in (codes, decoded.value_rowids()))

        def each_token(values):
            return tf.RaggedTensor.from_value_rowids(
                values, token_of, tf.size(tokens, tf.int64), validate=False
            )

        _, folded = self._folded(codes)
        if self._digits:
            folded = tf.where((folded >= ord("0")) & (folded <= ord("9")), ord("0"), folded)
        words = tf.strings.unicode_encode(each_token(folded), "UTF-8")
        word_ids = tf.cast(self._words.lookup(words), tf.int32)[:, None]
        if self._width == 1:
            return word_ids
        letters = each_token(tf.cast(self._letters.lookup(tf.cast(codes, tf.int64)), tf.int32))
        letters = letters.to_tensor(0, shape=[None, self._width - 1])
        # A word without a visible letter is a word all the same: "other" stands for it.
        return tf.concat([word_ids, tf.maximum(letters[:, :1], 1), letters[:, 1:]], axis=1)
