import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scores import ConcatScore


@keras.saving.register_keras_serializable("keras_seq")
class ConcatAttention(Attention):
    """Concat attention: a hidden layer over query and key laid end to end.

        scores_ts  = v · tanh([query_t ; key_s] W)
        weights_t· = softmax(scores_t·)
        context_t  = Σ_s weights_ts · value_s

    Args:
        units: width U of the hidden layer; None takes the key's width.
        kernel_initializer: of W `(Dq + Dk, U)` and v `(U,)`.
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics, raises: as in `Attention`; any widths.

    Cost: that of `AdditiveAttention`: no pair is really laid end to end.

    Differs from `AdditiveAttention` only in how the weights begin: one matrix here, two there.

    Example:

    >>> import keras
    >>> decoder, encoder = keras.Input((None, 8)), keras.Input((None, 6))
    >>> ConcatAttention(units=16)(decoder, encoder).shape
    (None, None, 6)

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    def __init__(self, units=None, kernel_initializer="glorot_uniform", **kwargs):
        score = ConcatScore(units, kernel_initializer, dtype=kwargs.get("dtype"))
        super().__init__(score=score, **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score", "units", "kernel_initializer")
