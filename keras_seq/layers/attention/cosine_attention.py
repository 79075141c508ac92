import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.scores import CosineScore


@keras.saving.register_keras_serializable("keras_seq")
class CosineAttention(Attention):
    """Cosine attention: by the angle between query and key, however long they are.

        scores_ts  = query_t · key_s / (|query_t| |key_s| τ)
        weights_t· = softmax(scores_t·)
        context_t  = Σ_s weights_ts · value_s

    Args:
        temperature: τ, above 0; the lower, the more weight goes to the best.
        learned: whether τ is trained, beginning at `temperature`.
        normalizer, scope, selection, dropout, seed: as in `Attention`.

    Call arguments, returns, masking, raises: as in `Attention`; query and key equally wide.

    Numerics: lengths are taken in float32 or wider; a query or key of zeros scores 0, with gradient 0.

    Cost: B·T·S·(D + Dv) multiplications, B·T·S memory.

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> CosineAttention(temperature=0.5)(states, states).shape
    (None, None, 8)

    Reference: Graves et al. 2014, Neural Turing Machines, equations 5 and 6 (1/τ is their key strength β).
    """

    def __init__(self, temperature=0.1, learned=False, **kwargs):
        score = CosineScore(temperature, learned, dtype=kwargs.get("dtype"))
        super().__init__(score=score, **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "score", "temperature", "learned")
