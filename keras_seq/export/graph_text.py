"""Text to ids in a TensorFlow graph: the twin of `TextEncoder`, for a SavedModel that takes strings."""

import tensorflow as tf

from keras_seq.export.graph_table import graph_table
from keras_seq.export.graph_tokenizer import GraphTokenizer
from keras_seq.text import TextEncoder

__all__ = ["GraphTextEncoder"]


class GraphTextEncoder(tf.Module):
    """A `TextEncoder` made of TensorFlow operators: the same tokens and ids for every string of bytes.

    Vocabulary and character tables are constants of the graph, so a SavedModel that holds this module needs
    neither keras_seq nor a file beside it.

    Args:
        encoder: what to say in TensorFlow.

    Call arguments:
        texts: strings of shape (B,), as `GraphTokenizer` takes them.

    Returns:
        dict of `token_ids` (B, T) int32, 0 behind the end; `tokens` (B, T) strings, "" behind the end;
        `lengths` (B,) int32, in tokens. T is the longest of the batch, and at least 1.

    Example:
        >>> graph = GraphTextEncoder(TextEncoder.fit(["a good film"]))
        >>> graph(["a film", ""])["token_ids"].numpy().tolist()
        [[2, 3], [0, 0]]
    """

    def __init__(self, encoder: TextEncoder, name: str | None = None):
        super().__init__(name=name)
        self._tokenizer = GraphTokenizer(encoder.tokenizer)
        tokens = encoder.vocabulary.tokens
        self._ids = graph_table([token.encode() for token in tokens], range(len(tokens)), default=1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")], autograph=False)
    def __call__(self, texts):
        tokens, _, _ = self._tokenizer(texts)
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        shape = tf.stack([tf.size(texts), tf.reduce_max(tf.concat([lengths, [1]], 0))])
        ids = tokens.with_flat_values(tf.cast(self._ids.lookup(tokens.flat_values), tf.int32))
        return {
            "token_ids": tf.ensure_shape(ids.to_tensor(0, shape=shape), [None, None]),
            "tokens": tf.ensure_shape(tokens.to_tensor("", shape=shape), [None, None]),
            "lengths": lengths,
        }
