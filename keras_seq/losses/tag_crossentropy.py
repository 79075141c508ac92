import keras

from keras_seq.losses.token_crossentropy import TokenCrossentropy


@keras.saving.register_keras_serializable("keras_seq")
class TagCrossentropy(TokenCrossentropy):
    """Cross-entropy of tags that are chosen word by word, with a softmax.

        loss_b = Σ_t -Σ_j q_tj · log softmax(logits_t)_j        (nats)
        q_tj   = (1 - label_smoothing) · [j = tags_t] + label_smoothing / N

    The mean over the sentences of a batch, unless told otherwise: the same convention as that of
    `ChainLikelihood`, which it equals for a chain whose transitions are all 0.

    Args:
        label_smoothing: how much of the target goes to all tags alike, 0 … 1.
        per: as in `TokenCrossentropy`, of which this is the one with `"sentence"` where nothing is said.
        reduction, name, dtype: as in `keras.losses.Loss`; half precision becomes float32.

    Call arguments, Raises: as of `TokenCrossentropy`; labels are tags `(B, T)`, logits `(B, T, N)`.

    Example:

    >>> import numpy as np
    >>> logits = np.zeros((1, 4, 2))
    >>> round(float(TagCrossentropy()(np.array([[0, 1, 1, -1]]), logits)), 4)  # 3 · log 2
    2.0794
    """

    def __init__(self, label_smoothing=0.0, per="sentence", **kwargs):
        super().__init__(label_smoothing, per, **kwargs)
