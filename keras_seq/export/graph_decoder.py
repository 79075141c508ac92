"""Ids to text in a TensorFlow graph: the twin of `TextEncoder.decode`, for a SavedModel that writes."""

import tensorflow as tf

from keras_seq.text import TextEncoder
from keras_seq.text.tokenizers import WORD_START

__all__ = ["GraphTextDecoder"]


class GraphTextDecoder(tf.Module):
    """`TextEncoder.decode` made of TensorFlow operators: the same text for every row of ids.

    Args:
        encoder: what to say in TensorFlow.

    Call arguments:
        ids: int32 `(B, T)`, of the vocabulary; padding and "[END]" are passed over.

    Returns:
        The texts, strings `(B,)`.

    Example:
        >>> encoder = TextEncoder.fit(["It's a good film."], keep_spaces=True)
        >>> GraphTextDecoder(encoder)([[*encoder.encode("it's good."), 0, 0]]).numpy().tolist()
        [b"it's good."]
    """

    def __init__(self, encoder: TextEncoder, name: str | None = None):
        super().__init__(name=name)
        self._tokens = encoder.vocabulary.tokens
        self._end_id = encoder.vocabulary.end_id
        self._marked = encoder.marked
        # What stands for an unknown token behind each token, and where it is the first.
        self._unknowns = [encoder.unknown_after(token) for token in (*self._tokens, None)]

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name="ids")], autograph=False)
    def __call__(self, ids):
        return self._texts(ids)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.int32, name="ids"),
            tf.TensorSpec([None, None], tf.string, name="unknowns"),
        ],
        autograph=False,
    )
    def replacing(self, ids, unknowns):
        """The texts with a token of one's own for each unknown one; see `TextEncoder.decode`."""
        return self._texts(ids, unknowns)

    def _texts(self, ids, unknowns=None):
        seen = ids != 0
        if self._end_id is not None:
            seen &= ids != self._end_id
        ids = tf.ragged.boolean_mask(ids, seen)
        if unknowns is None:
            first = tf.fill([ids.nrows(), 1], len(self._tokens))
            before = tf.concat([first, ids], axis=1)[:, :-1].flat_values
            unknowns = tf.gather(tf.constant(self._unknowns), before)
        else:
            unknowns = tf.boolean_mask(unknowns, seen)
        known = tf.gather(tf.constant(self._tokens), ids.flat_values)
        tokens = tf.where(ids.flat_values == 1, unknowns, known)
        texts = tf.strings.reduce_join(ids.with_flat_values(tokens), 1, separator="" if self._marked else " ")
        if self._marked:
            texts = tf.strings.regex_replace(tf.strings.regex_replace(texts, WORD_START, " "), "^ +| +$", "")
        return texts
