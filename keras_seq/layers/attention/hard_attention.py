import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.parts import unfolded
from keras_seq.layers.attention.selections import HardSelection


@keras.saving.register_keras_serializable("keras_seq")
class HardAttention(Attention):
    """Hard attention: one key for each query, drawn by the weights in training, the heaviest at inference.

        weights_t· = softmax(scores_t·)
        s_t        ~ weights_t·                    in training
        s_t        = argmax_s weights_ts           at inference; the first of equals
        context_t  = value_{s_t}

    or k keys, in training drawn one after another without replacement, and the mean of their values.

    Args:
        score: as in `Attention`; the paper's is `"additive"`.
        k: how many keys.
        normalizer, scope, dropout, seed: as in `Attention`; the seed is of the draws, too.

    Call arguments, masking, numerics, raises: as in `Attention`.

    Returns:
        context `(B, T, Dv)`; with `return_attention_scores` the pair (context, weights `(B, T, S)`), whose
        weights are the choice: 1 / k at what was chosen and 0 elsewhere, all zeros where nothing is kept.

    Training: a choice has no gradient, so plain backpropagation would not reach what scored the keys.
    `keras_seq.training.Reinforce(model)` trains a model that holds such layers, by plain `fit`; without it
    training is refused. What was chosen is read off by `keras_seq.models.attention_choices`.

    Cost: that of the score, and B·T·S·Dv.

    Example:

    >>> import keras, numpy as np
    >>> value = np.array([[[0.0, 0.0], [5.0, 5.0], [1.0, 1.0]]], "float32")
    >>> HardAttention(score="dot")(np.ones((1, 1, 2), "float32"), value).numpy().tolist()
    [[[5.0, 5.0]]]

    Reference: Xu et al. 2015, Show, Attend and Tell, section 4.1.
    """

    def __init__(self, score="additive", k=1, seed=None, **kwargs):
        selection = HardSelection(k, seed=seed, dtype=kwargs.get("dtype"))
        super().__init__(score=score, selection=selection, seed=seed, **kwargs)

    def get_config(self):
        return unfolded(super().get_config(), "selection", "k")
