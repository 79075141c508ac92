"""What the losses of sequences share: padding, division, precision."""

import contextvars

import keras
from keras import backend, ops

from keras_seq.errors import nearest
from keras_seq.inside import inside
from keras_seq.ops import masking
from keras_seq.ops.whole_batch import over_whole_batch

__all__ = ["PADDING", "SentenceLoss"]

PADDING = -1
"""The label of what is no word."""

_UNITS = ("sentence", "token", "batch")

# From `__call__` to `call`, to which Keras does not hand them.
_weights: contextvars.ContextVar = contextvars.ContextVar("weights", default=None)


class SentenceLoss(keras.losses.Loss):
    """A loss of sentences; one derived from it says what each word costs, or else what a sentence does.

    Args:
        per: `"sentence"`: what all its words cost together; `"token"`: that divided by their number;
            `"batch"`: divided by the number that a sentence of the batch has in the mean, of the whole batch
            where several devices share it; words count by the weight of their sentence.
        reduction, name, dtype: as in `keras.losses.Loss`; computed in float32 or wider.
    """

    def __init__(self, per="sentence", reduction="sum_over_batch_size", name=None, dtype=None):
        if per not in _UNITS:
            raise ValueError(f"A loss is counted per {nearest(per, _UNITS)}. Received: per={per!r}")
        dtype = keras.DTypePolicy(dtype or backend.floatx()) if isinstance(dtype, str | None) else dtype
        super().__init__(
            name=name, reduction=reduction, dtype=backend.result_type(dtype.compute_dtype, "float32")
        )
        self.per = per

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Without the mask that may come with it: (B, T), which Keras would take for weights of sentences.
        with inside(_weights, sample_weight):
            return super().__call__(y_true, ops.copy(y_pred), sample_weight)

    def call(self, y_true, y_pred):
        """Labels `(B, T)`, -1 = padding, and predictions -> the loss of each sentence `(B,)`."""
        tag_ids = ops.cast(y_true, "int32")
        is_word = tag_ids != PADDING
        losses = self.of_sentences(tag_ids, y_pred, is_word)
        if self.per == "sentence":
            return losses
        count = ops.cast(masking.sequence_lengths(is_word), losses.dtype)
        if self.per == "batch":
            if _weights.get() is not None:
                count = count * ops.reshape(ops.cast(_weights.get(), losses.dtype), (-1,))
            total, sentences = ops.sum(count), ops.cast(ops.shape(count)[0], losses.dtype)
            total, sentences = over_whole_batch(total), over_whole_batch(sentences)
            return losses * ops.divide_no_nan(sentences, total)
        return losses / ops.maximum(count, 1.0)

    def of_words(self, tag_ids, y_pred, is_word):
        """What each word costs: `(B, T)`; what stands on padding does not count."""
        raise NotImplementedError(f"{type(self).__name__} must define of_words, or of_sentences")

    def of_sentences(self, tag_ids, y_pred, is_word):
        """What the words `(B, T)` of each sentence cost together: `(B,)`."""
        return ops.sum(ops.where(is_word, self.of_words(tag_ids, y_pred, is_word), 0.0), axis=1)

    def get_config(self):
        return {**super().get_config(), "per": self.per}
