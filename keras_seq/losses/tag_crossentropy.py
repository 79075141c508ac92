import keras
from keras import ops

from keras_seq.losses.sentence_loss import SentenceLoss
from keras_seq.ops import masking
from keras_seq.ops.tags import checked_tags


@keras.saving.register_keras_serializable("keras_seq")
class TagCrossentropy(SentenceLoss):
    """Cross-entropy of tags that are chosen word by word, with a softmax.

        loss_b = Σ_t -Σ_j q_tj · log softmax(logits_t)_j        (nats)
        q_tj   = (1 - label_smoothing) · [j = tags_t] + label_smoothing / N

    The mean over the sentences of a batch, unless reduction says otherwise: the same convention as that of
    `ChainLikelihood`, which it equals for a chain whose transitions are all 0.

    Args:
        label_smoothing: how much of the target goes to all tags alike, 0 … 1.
        per: `"sentence"`: loss_b as above; `"token"`: divided by the words of sentence b.
        reduction: as in `keras.losses.Loss`.
        name: as in `keras.losses.Loss`.
        dtype: as in `keras.losses.Loss`; half precision becomes float32.

    Call arguments:
        y_true: int `(B, T)`, the tags; -1 = padding.
        y_pred: logits `(B, T, N)`.
        sample_weight: `(B,)`, of sentences.

    Raises:
        ValueError: shapes that do not fit; outside of a graph, a tag outside 0 … N-1. (In a graph such a
            tag makes the loss nan.)

    Differs from `keras.losses.SparseCategoricalCrossentropy`, which divides by the words of the whole batch,
    or by its length with padding and all where no mask comes with the logits; whose ignore_class must be told
    beside the mask; and which smooths no labels.

    Example:

    >>> import numpy as np
    >>> logits = np.zeros((1, 4, 2))
    >>> round(float(TagCrossentropy()(np.array([[0, 1, 1, -1]]), logits)), 4)  # 3 · log 2
    2.0794
    """

    def __init__(self, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(
                f"label_smoothing lies between 0 and 1. Received: label_smoothing={label_smoothing}"
            )
        self.label_smoothing = label_smoothing

    def of_sentences(self, tag_ids, y_pred, is_word):
        if len(y_pred.shape) != 3:
            raise ValueError(
                "TagCrossentropy takes logits of rank 3: (batch, length, number of tags). "
                f"Received: y_pred of shape {tuple(y_pred.shape)}"
            )
        tags, no_tag = checked_tags(tag_ids, y_pred, is_word)
        log_probs = ops.log_softmax(masking.zero_masked(y_pred, is_word), axis=-1)  # (B, T, N)
        of_tag = ops.squeeze(ops.take_along_axis(log_probs, ops.expand_dims(tags, -1), axis=-1), -1)
        of_all = ops.mean(log_probs, axis=-1)
        losses = -(1 - self.label_smoothing) * of_tag - self.label_smoothing * of_all + no_tag
        return ops.sum(ops.where(is_word, losses, 0.0), axis=1)

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
