import keras
from keras import ops

from keras_seq.layers import choosing, recording
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.pooling.pooling import Pooling
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class AttentionPooling(TracedLayer, Pooling):
    """A weighted mean of the steps, by attention from one learned query.

        weights_t = attention weights of the learned query q for input_t
        context   = Σ_t weights_t · input_t

    With `attention="additive"` this is the word attention of Yang 2016 (u_t = tanh(W_k input_t + W_q q),
    weights = softmax(v · u_t)); with `"scaled_dot"` a softmax of q · input_t / √D.

    Args:
        attention: `"additive"`, `"scaled_dot"` (any score of `Attention`), or an `Attention`.
        query_initializer: of the query `(D,)`.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        return_attention_scores: also return the weights.

    Returns:
        context `(B, D)`; with `return_attention_scores` the pair (context, weights `(B, T)`), each row of
        which sums to 1, exactly 0 on padding. A row that keeps nothing gives zeros.

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> context, weights = AttentionPooling("additive")(states, return_attention_scores=True)
    >>> context.shape, weights.shape
    ((None, 8), (None, None))

    Reference: Yang et al. 2016, Hierarchical Attention Networks for Document Classification, equations 5-7.
    """

    def __init__(self, attention="additive", query_initializer="random_normal", **kwargs):
        super().__init__(**kwargs)
        if isinstance(attention, dict):
            attention = keras.saving.deserialize_keras_object(attention)
        if not isinstance(attention, Attention):
            attention = Attention(score=attention, dtype=self.dtype_policy)
        self.attention = attention
        self.query_initializer = keras.initializers.get(query_initializer)

    def build(self, inputs_shape):
        super().build(inputs_shape)
        width = inputs_shape[-1]
        self.query = self.add_weight(name="query", shape=(width,), initializer=self.query_initializer)
        if not self.attention.built:  # it is, when loaded from a file
            self.attention.build((None, 1, width), inputs_shape)

    def call(self, inputs, mask=None, return_attention_scores=False, training=None):
        if mask is not None:
            mask = masking.boolean("mask", mask)
        query = ops.broadcast_to(self.query, (ops.shape(inputs)[0], 1, inputs.shape[-1]))  # (B, 1, D)
        with recording.not_recording(), choosing.in_the_name_of(self):
            context, weights = self.attention(
                query, inputs, value_mask=mask, return_attention_scores=True, training=training
            )  # (B, 1, D), (B, 1, T)
        context, weights = ops.squeeze(context, 1), ops.squeeze(weights, 1)
        recording.report(self, weights)
        return (context, weights) if return_attention_scores else context

    def get_config(self):
        return {
            **super().get_config(),
            "attention": keras.saving.serialize_keras_object(self.attention),
            "query_initializer": keras.initializers.serialize(self.query_initializer),
        }
