"""Numbers of tags to their names and spans in a TensorFlow graph: the twin of `tag_schemes.spans`."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from keras_seq.text import tag_schemes

__all__ = ["GraphTags"]


class GraphTags(tf.Module):
    """What the numbers of tags mean.

    Whether a tag goes on with the span of the one before depends on these two alone, so all words of a batch
    are looked up at once in a table of pairs, which `tag_schemes.spans` fills.

    Args:
        tags: the N tags, in the order of their numbers.
        scheme: of `tag_schemes.SCHEMES`; tags of "plain" make no spans.

    Example:
        >>> tags = GraphTags(["O", "B-to", "I-to"], "IOB2")
        >>> tags.names(tf.constant([[1, 2, 0]]), tf.constant([2])).numpy().tolist()
        [[b'B-to', b'I-to', b'']]
        >>> starts, ends = tf.constant([[4, 8]]), tf.constant([[7, 12]])
        >>> found = tags.spans(tf.constant([[1, 2]]), tf.constant([2]), starts, ends)
        >>> {name: each.numpy().tolist() for name, each in found.items()}
        {'span_starts': [[4]], 'span_ends': [[12]], 'span_labels': [[b'to']]}
    """

    def __init__(self, tags: Sequence[str], scheme: str, name: str | None = None):
        super().__init__(name=name)
        self.says_spans = scheme != "plain"
        self._names = np.array([tag.encode() for tag in tags], object)
        alone = [tag_schemes.spans([tag]) for tag in tags]
        self._is_inside = np.array([bool(spans) for spans in alone])
        self._labels = np.array([spans[0][2].encode() if spans else b"" for spans in alone], object)
        pairs = [[len(tag_schemes.spans([one, other])) for other in tags] for one in tags]
        # Two words of spans that are one span: the second goes on with that of the first.
        both_inside = np.outer(self._is_inside, self._is_inside)
        self._goes_on = both_inside & (np.array(pairs) == 1)

    def names(self, tag_ids, lengths):
        """Tags (B, T), of which `lengths` (B,) are of words -> their names (B, T), "" behind the end."""
        return tf.where(
            _is_word(tag_ids, lengths), tf.gather(tf.constant(self._names, tf.string), tag_ids), ""
        )

    def spans(self, tag_ids, lengths, starts, ends):
        """The spans of each sentence, in the order of their words.

        Args:
            tag_ids: int32 (B, T).
            lengths: int32 (B,), in words.
            starts, ends: int32 (B, T), where each word stands in its text.

        Returns:
            dict of `span_starts` and `span_ends` int32 (B, S), -1 behind the last span, in the text too; and
            `span_labels` (B, S) strings, "" there. S is the most of the batch, maybe 0.
        """
        inside = _is_word(tag_ids, lengths) & tf.gather(tf.constant(self._is_inside), tag_ids)
        pairs = tag_ids[:, :-1] * len(self._names) + tag_ids[:, 1:]
        goes_on = inside[:, 1:] & tf.gather(tf.constant(self._goes_on.reshape(-1)), pairs)  # of words 1 … T-1
        nowhere = tf.zeros_like(inside[:, :1])
        opens = inside & ~tf.concat([nowhere, goes_on], 1)
        closes = inside & ~tf.concat([goes_on, nowhere], 1)
        labels = tf.gather(tf.constant(self._labels, tf.string), tag_ids)
        return {
            name: tf.ragged.boolean_mask(values, chosen).to_tensor(padding)
            for name, values, chosen, padding in (
                ("span_starts", starts, opens, -1),
                ("span_ends", ends, closes, -1),
                ("span_labels", labels, opens, ""),
            )
        }


def _is_word(tag_ids, lengths):
    return tf.sequence_mask(lengths, tf.shape(tag_ids)[1])
