import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scores import AdditiveScore


@keras.saving.register_keras_serializable("keras_seq")
class AdditiveAttention(Attention):
    """Additive attention, with both projections.

        scores_ts  = v · tanh(W_q query_t + W_k key_s)
        weights_t· = softmax(scores_t·)
        context_t  = Σ_s weights_ts · value_s

    Args:
        units: width U of the hidden layer; None takes the key's width.
        kernel_initializer: of W_q `(Dq, U)`, W_k `(Dk, U)` and v `(U,)`.
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics, raises: as in `Attention`; any widths.

    Cost: B·T·S·U multiplications; memory B·T·S, as a large hidden layer is computed in blocks.

    Differs from `keras.layers.AdditiveAttention`, which has no projections (scale · tanh(query + key)):
    that is not Bahdanau's formula and needs equal widths.

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> context = AdditiveAttention(units=16)(query=states, value=states)
    >>> context.shape
    (None, None, 8)

    Reference: Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
    Translate, equation 5 and appendix A.1.2.
    """

    def __init__(self, units=None, kernel_initializer="glorot_uniform", **kwargs):
        score = AdditiveScore(units, kernel_initializer, dtype=kwargs.get("dtype"))
        super().__init__(score=score, **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score", "units", "kernel_initializer")
