import keras

from keras_seq.losses.sentence_loss import SentenceLoss
from keras_seq.ops.crossentropy import smoothed_crossentropy
from keras_seq.ops.tags import checked_tags


@keras.saving.register_keras_serializable("keras_seq")
class TokenCrossentropy(SentenceLoss):
    """Cross-entropy of words that are chosen one by one, with a softmax over a vocabulary of any size.

        loss_b = Σ_t -Σ_j q_tj · log softmax(logits_t)_j        (nats)
        q_tj   = (1 - label_smoothing) · [j = labels_t] + label_smoothing / V

    Over the batch, unless told otherwise, the mean of all its words: what a translation is trained by.

    Args:
        label_smoothing: how much of the target goes to all words alike, 0 … 1.
        per: `"batch"`: loss_b divided by the words that a sentence of this batch has in the mean, so that the
            mean over the sentences is that over all words, each counted by the weight of its sentence;
            `"sentence"`: loss_b as above; `"token"`: divided by the words of sentence b.
        reduction: as in `keras.losses.Loss`.
        name: as in `keras.losses.Loss`.
        dtype: as in `keras.losses.Loss`; half precision becomes float32.

    Call arguments:
        y_true: int `(B, T)`, the words; -1 = padding.
        y_pred: logits `(B, T, V)`.
        sample_weight: `(B,)`, of sentences.

    Cost: no one-hot labels are made; kept for the way back is one tensor as large as the logits. See
    `keras_seq.ops.crossentropy`.

    Raises:
        ValueError: shapes that do not fit; outside of a graph, a word outside 0 … V-1. (In a graph such a
            word makes the loss nan.)

    Differs from `keras.losses.SparseCategoricalCrossentropy`, which divides by the words of the whole batch,
    or by its length with padding and all where no mask comes with the logits; whose ignore_class must be told
    beside the mask; and which smooths no labels.

    Example:

    >>> import numpy as np
    >>> logits = np.zeros((1, 4, 2))
    >>> round(float(TokenCrossentropy()(np.array([[0, 1, 1, -1]]), logits)), 4)  # log 2
    0.6931

    Reference of label smoothing: Szegedy et al. 2016, Rethinking the Inception Architecture for Computer
    Vision, section 7.
    """

    def __init__(self, label_smoothing=0.0, per="batch", **kwargs):
        super().__init__(per=per, **kwargs)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(
                f"label_smoothing lies between 0 and 1. Received: label_smoothing={label_smoothing}"
            )
        self.label_smoothing = label_smoothing

    def of_words(self, tag_ids, y_pred, is_word):
        if len(y_pred.shape) != 3:
            raise ValueError(
                f"{type(self).__name__} takes logits of rank 3: (batch, length, number of labels). "
                f"Received: y_pred of shape {tuple(y_pred.shape)}"
            )
        labels, no_label = checked_tags(tag_ids, y_pred, is_word)
        return smoothed_crossentropy(y_pred, labels, self.label_smoothing) + no_label

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
