import keras

from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class SelfAttention(Attention):
    """Self-attention: every step of a sequence attends to the steps of the same sequence.

        scores_ts  = score(input_t, input_s)
        weights_t· = normalizer(scores_t·)          over the s that the mask and the scope keep
        output_t   = Σ_s weights_ts · input_s

    Args:
        score, normalizer, scope, selection, dropout, seed: as in `Attention`; `scope="causal"` sees no
            later step, `WindowedScope(before, after)` a band.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        attention_mask: bool `(B, T, T)`, or what broadcasts to it.
        use_causal_mask: drop the later steps, besides what the scope drops.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        outputs `(B, T, D)`; with `return_attention_scores` the pair (outputs, weights `(B, T, T)`).

    Masking: a masked step gets zeros and no weight; the mask is handed on.

    Numerics, raises: as in `Attention`.

    Cost: that of the score, and B·T·T·D for the mean.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(100, 8, mask_zero=True)(keras.Input((None,), dtype="int32"))
    >>> SelfAttention(scope="causal")(words).shape
    (None, None, 8)

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.2.3; Cheng et al. 2016, Long
    Short-Term Memory-Networks for Machine Reading (intra-attention).
    """

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        super().build(inputs_shape, inputs_shape)

    def call(
        self,
        inputs,
        mask=None,
        attention_mask=None,
        use_causal_mask=False,
        return_attention_scores=False,
        training=None,
    ):
        if mask is not None:
            mask = masking.boolean("mask", mask)
        return super().call(
            inputs,
            inputs,
            query_mask=mask,
            value_mask=mask,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)
