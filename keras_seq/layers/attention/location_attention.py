import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scores import LocationScore


@keras.saving.register_keras_serializable("keras_seq")
class LocationAttention(Attention):
    """Location-based attention: the query says where to look, whatever the keys hold.

        scores_t·  = query_t W                     a column of W for each position
        weights_t· = softmax(scores_t·)            over the positions that the key has
        context_t  = Σ_s weights_ts · value_s

    Args:
        max_length: L, how many positions have a score.
        kernel_initializer: of W `(Dq, L)`.
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics: as in `Attention`; any widths. In a graph with open lengths,
    what stands at position L or beyond gets no weight.

    Cost: B·T·L·Dq multiplications for the scores, B·T·S·Dv for the mean.

    Raises:
        ValueError: keys longer than `max_length`, where their length is known; and as in `Attention`.

    Example:

    >>> import keras
    >>> decoder, encoder = keras.Input((None, 8)), keras.Input((None, 6))
    >>> LocationAttention(max_length=50)(decoder, encoder).shape
    (None, None, 6)

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    equation 8.
    """

    def __init__(self, max_length=128, kernel_initializer="glorot_uniform", **kwargs):
        score = LocationScore(max_length, kernel_initializer, dtype=kwargs.get("dtype"))
        super().__init__(score=score, **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score", "max_length", "kernel_initializer")
