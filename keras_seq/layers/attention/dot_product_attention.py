import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded


@keras.saving.register_keras_serializable("keras_seq")
class DotProductAttention(Attention):
    """Scaled dot-product attention: Attention(Q, K, V) = softmax(Q Kᵀ / √D) V. No weights.

        scores_ts  = query_t · key_s / √D
        weights_t· = softmax(scores_t·)
        context_t  = Σ_s weights_ts · value_s

    Args:
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, numerics, raises: as in `Attention`; query and key equally wide.

    Cost: B·T·S·(D + Dv) multiplications, B·T·S memory.

    Differs from `keras.layers.Attention(use_scale=False)`: divides by √D, before the product, and a row
    with nothing to attend to gives zeros.

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> context, weights = DotProductAttention()(states, states, return_attention_scores=True)
    >>> context.shape, weights.shape
    ((None, None, 8), (None, None, None))

    Reference: Vaswani et al. 2017, Attention Is All You Need, equation 1.
    """

    def __init__(self, **kwargs):
        super().__init__(score="scaled_dot", **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score")
