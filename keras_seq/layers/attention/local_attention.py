import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scopes import LocalMonotonicScope, LocalPredictiveScope


@keras.saving.register_keras_serializable("keras_seq")
class LocalAttention(Attention):
    """Local attention: a window of the keys around one position for each query.

        p_t        = S · sigmoid(v · tanh(W query_t))                predictive (local-p)
        p_t        = t                                               monotonic (local-m)
        weights_t· = softmax(scores_t·)                              over |s - p_t| <= D
        weights_ts = weights_ts · exp(-(s - p_t)² / 2σ²)             local-p only; σ = D / 2
        context_t  = Σ_s weights_ts · value_s

    S is the number of keys that the masks keep for the query; keys stand at 0 … S-1.

    Args:
        window: D, how far the window reaches to each side.
        predictive: whether p_t is predicted from the query (local-p), or is t (local-m).
        units: width U of the hidden layer that predicts p_t; None takes the query's width.
        score: of query and key; the paper's best was `"general"`.
        normalizer, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics, raises: as in `Attention`. The weights of local-p sum to less
    than 1, as in the paper. A query of local-m that stands more than D behind the last key gets zeros.

    Cost: that of `Attention`, and for local-p B·T·Dq·U multiplications.

    Example:

    >>> import keras
    >>> decoder, encoder = keras.Input((None, 8)), keras.Input((None, 6))
    >>> LocalAttention(window=4)(decoder, encoder).shape
    (None, None, 6)

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.2, equations 9 and 10.
    """

    def __init__(self, window=10, predictive=True, units=None, score="general", **kwargs):
        dtype = kwargs.get("dtype")
        if predictive:
            scope = LocalPredictiveScope(window, units, dtype=dtype)
        else:
            scope = LocalMonotonicScope(window, dtype=dtype)
        super().__init__(score=score, scope=scope, **kwargs)
        self.predictive = predictive
        self.units = units

    def get_config(self):
        config = unfolded(super().get_config(), "scope", "window")
        return {**config, "predictive": self.predictive, "units": self.units}
