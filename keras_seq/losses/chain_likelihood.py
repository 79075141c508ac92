import keras

from keras_seq.losses.sentence_loss import SentenceLoss
from keras_seq.ops import chain


@keras.saving.register_keras_serializable("keras_seq")
class ChainLikelihood(SentenceLoss):
    """Exact negative log-likelihood of tag sequences under a chain, the loss of `CRF`.

        loss_b = -log p(tags_b) = log Σ over all tag sequences of exp(score) - score(tags_b)        (nats)

    The mean over the sentences of a batch, unless reduction says otherwise. A sentence without words costs 0
    and counts as one; a tag sequence that the chain forbids costs 32768 for each breach.

    Args:
        per: `"sentence"`: loss_b as above; `"token"`: divided by the words of sentence b, so that a number
            compares with that of a softmax, and long sentences weigh no more than short ones; `"batch"`:
            divided by the words that a sentence of the batch has in the mean.
        reduction: as in `keras.losses.Loss`.
        name: as in `keras.losses.Loss`.
        dtype: as in `keras.losses.Loss`; half precision becomes float32.

    Call arguments:
        y_true: int `(B, T)`, the tags; -1 = padding, on the right.
        y_pred: a chain `(B, N + 2 + T, N)`.
        sample_weight: `(B,)`, of sentences.

    Raises:
        ValueError: shapes that do not fit; outside of a graph, a tag outside 0 … N-1. (In a graph such a
            tag makes the loss nan.)

    Cost: T products of `(B, N)` and `(N, N)`, forward and back.

    Example:

    >>> import numpy as np
    >>> from keras_seq.layers import CRF
    >>> chain = CRF(2)(np.zeros((1, 3, 2)))  # 2³ sequences, one as likely as the other
    >>> round(float(ChainLikelihood()(np.array([[0, 1, 1]]), chain)), 4)  # 3 · log 2
    2.0794

    Reference: Lafferty et al. 2001, Conditional Random Fields: Probabilistic Models for Segmenting and
    Labeling Sequence Data.
    """

    def of_sentences(self, tag_ids, y_pred, is_word):
        return chain.negative_log_likelihood(y_pred, tag_ids, is_word)
