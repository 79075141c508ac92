import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scores import GeneralScore


@keras.saving.register_keras_serializable("keras_seq")
class GeneralAttention(Attention):
    """General (multiplicative, bilinear) attention: a matrix between query and key.

        scores_ts  = query_t W key_s
        weights_t· = softmax(scores_t·)
        context_t  = Σ_s weights_ts · value_s

    Args:
        kernel_initializer: of W `(Dq, Dk)`.
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics, raises: as in `Attention`; any widths.

    Cost: B·S·Dk·Dq multiplications for the keys, once a call, and B·T·S·(Dq + Dv).

    Differs from `keras.layers.Attention`, whose dot product has no matrix and needs equal widths.

    Example:

    >>> import keras
    >>> decoder, encoder = keras.Input((None, 8)), keras.Input((None, 6))
    >>> GeneralAttention()(decoder, encoder).shape
    (None, None, 6)

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    def __init__(self, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(score=GeneralScore(kernel_initializer, dtype=kwargs.get("dtype")), **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score", "kernel_initializer")
