"""Texts to translations in a TensorFlow graph: ids, the search, and the words that are copied."""

from collections.abc import Callable

import tensorflow as tf

from keras_seq.export.graph_decoder import GraphTextDecoder
from keras_seq.export.graph_text import GraphTextEncoder
from keras_seq.text import END, TextEncoder

__all__ = ["GraphTranslator"]


class GraphTranslator(tf.Module):
    """What the app `translation` does with texts, made of TensorFlow operators.

    B batch, n translations of each, T tokens of the longest, S source tokens of the longest.

    Args:
        answer: token ids `(B, S)` -> what `keras_seq.models.Translate` gives; for any B.
        source_encoder, target_encoder: of the two sides.
        copy_unknowns: put the source token that was looked at most in the place of an unknown one.
        several: n.
        most_tokens: of a source, those that are read; None: all.

    Call arguments:
        texts: strings `(B,)`.

    Returns:
        dict of `translation` strings and `score` float32, `(B,)`, or `(B, n)` where n is above 1; of the best
        translation `tokens` strings `(B, T)`, of the source `source_tokens` `(B, S)`, "[END]" last, both
        padded with ""; `weights` float32 `(B, T, S)` where the model attends. A text without a token has none
        of them, an empty translation, and the score 0.
    """

    def __init__(
        self,
        answer: Callable,
        source_encoder: TextEncoder,
        target_encoder: TextEncoder,
        copy_unknowns: bool = True,
        several: int = 1,
        most_tokens: int | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self._answer, self._copies, self._several = answer, copy_unknowns, several
        self._most_tokens = most_tokens
        self._encode, self._decode = GraphTextEncoder(source_encoder), GraphTextDecoder(target_encoder)
        self._end_id = source_encoder.vocabulary.end_id
        self._names = target_encoder.vocabulary.tokens

    def __call__(self, texts):
        encoded = self._encode(texts)
        token_ids, tokens = (encoded[name][:, : self._most_tokens] for name in ("token_ids", "tokens"))
        lengths = tf.minimum(encoded["lengths"], tf.shape(tokens)[1])
        is_text = lengths > 0
        # The end closes every source: behind the last token, where padding was.
        token_ids, tokens = (tf.pad(each, [[0, 0], [0, 1]]) for each in (token_ids, tokens))
        places = tf.range(tf.shape(tokens)[1])[None]  # (1, S)
        is_end = places == lengths[:, None]
        outputs = self._answer(tf.where(is_end, self._end_id, token_ids))

        target_ids = tf.where(is_text[:, None, None], outputs["target_ids"], 0)  # (B, n, L)
        words = tf.where(is_text, outputs["lengths"][:, 0], 0)  # (B,)
        longest = tf.maximum(tf.reduce_max(words), 0)  # of no texts it is below 0
        best = target_ids[:, 0, :longest]  # (B, T)
        weights = None
        if "alignment" in outputs:
            weights = tf.where(is_text[:, None, None], outputs["alignment"], 0.0)[:, :longest]
        translation = self._translation(best, tokens, weights, places < lengths[:, None])
        score = tf.where(is_text[:, None], outputs["scores"], 0.0)
        if self._several == 1:
            score = score[:, 0]
        else:
            shape = tf.shape(target_ids)
            others = self._decode(tf.reshape(target_ids[:, 1:], (-1, shape[2])))
            others = tf.reshape(others, (shape[0], self._several - 1))
            translation = tf.concat([translation[:, None], others], axis=1)
        found = {
            "translation": translation,
            "score": score,
            "tokens": tf.where(
                tf.range(longest)[None] < words[:, None], tf.gather(tf.constant(self._names), best), ""
            ),
            "source_tokens": tf.where(is_end & is_text[:, None], END, tokens),
        }
        return found if weights is None else {**found, "weights": weights}

    def _translation(self, target_ids, tokens, weights, is_token):
        """The text of the best translation `(B,)`."""
        if not self._copies or weights is None:
            return self._decode(target_ids)
        looked_at = tf.argmax(tf.where(is_token[:, None], weights, -1.0), axis=-1)  # not at [END]
        return self._decode.replacing(target_ids, tf.gather(tokens, looked_at, batch_dims=1))
