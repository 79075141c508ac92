import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.shapes import require_as_many, require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking, normalizers


@keras.saving.register_keras_serializable("keras_seq")
class MultiStepAttention(TracedLayer):
    """The attention of each level of ConvS2S's decoder: a level attends knowing what the last one saw.

        d_t       = W query_t + b + embedded_t
        weights_t = softmax_s(d_t · key_s)                over the s that the masks keep
        context_t = √m · Σ_s weights_ts · value_s         m: how many s they keep

    B batch, T query length, S key and value length; widths Dq, Dk, Dv. In the paper key_s is the encoder's
    output z_s, value_s is z_s + e_s with the embedded source word e_s, embedded_t is the embedded target word
    before t. m·√(1/m) undoes what a mean of m vectors does to the variance.

    Call arguments:
        query: float `(B, T, Dq)`.
        value: float `(B, S, Dv)`.
        key: float `(B, S, Dk)`; None takes the value.
        embedded: float `(B, T, Dk)`; None leaves it out.
        query_mask: bool `(B, T)`; Keras fills it and the two below from the tensors' own masks.
        value_mask: bool `(B, S)`.
        key_mask: bool `(B, S)`.
        attention_mask: bool `(B, T, S)`, or what broadcasts to it.
        return_attention_scores: also return the weights.

    Returns:
        context `(B, T, Dv)`; with `return_attention_scores` the pair (context, weights `(B, T, S)`), each row
        of which sums to 1.

    Masking: True = keep. A query with nothing to attend to, and a masked query, get zeros: weights and
    context. Weights on padding are exactly 0. m counts the row's own kept keys, so that more padding changes
    nothing. The query's mask is handed on.

    Numerics: the softmax runs in float32 or wider under every dtype policy.

    Cost: B·T·S·(Dk + Dv), and B·T·Dq·Dk for the projection. Keys and values are taken as they are.

    Raises:
        ValueError: wrong rank, mismatched lengths or widths, a mask that is not boolean.

    Example:

    >>> import keras
    >>> hidden, embedded = keras.Input((None, 8)), keras.Input((None, 6))
    >>> encoded, words = keras.Input((None, 6)), keras.Input((None, 6))
    >>> MultiStepAttention()(hidden, value=encoded + words, key=encoded, embedded=embedded).shape
    (None, None, 6)

    Reference: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, equations 1 and 2, and
    section 3.4 for √m.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape, value_shape, key_shape=None, embedded_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        shapes = {"query": query_shape, "value": value_shape, "key": key_shape}
        if embedded_shape is not None:
            shapes["embedded"] = embedded_shape
        require_rank(**shapes)
        require_as_many(value_shape, key_shape)
        if embedded_shape is not None and embedded_shape[-1] != key_shape[-1]:
            raise ValueError(
                "embedded is added to the projected query and multiplied with the key: both must be of the "
                f"same width. Received: embedded width {embedded_shape[-1]}, key width {key_shape[-1]}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(query_shape[-1], key_shape[-1]),
            initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal"),
        )
        self.bias = self.add_weight(name="bias", shape=(key_shape[-1],), initializer="zeros")
        self.built = True

    def call(
        self,
        query,
        value,
        key=None,
        embedded=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
    ):
        query, value, key = masking.zero_padding(query, value, key, query_mask, value_mask, key_mask)
        keep = masking.attention_mask(query_mask, value_mask, key_mask, attention_mask)
        d = ops.matmul(query, self.kernel) + self.bias  # (B, T, Dk)
        d = d if embedded is None else d + masking.zero_masked(embedded, query_mask)
        scores = ops.matmul(d, ops.swapaxes(key, 1, 2))  # (B, T, S)
        weights = ops.cast(normalizers.softmax(scores, keep), self.compute_dtype)
        recording.report(self, weights)
        m = ops.cast(masking.number_kept(keep, ops.shape(key)[1]), self.compute_dtype)  # (B, T), or to it
        context = ops.expand_dims(ops.sqrt(m), -1) * ops.matmul(weights, value)  # (B, T, Dv)
        return (context, weights) if return_attention_scores else context

    def compute_output_shape(self, query_shape, value_shape, key_shape=None, embedded_shape=None):
        return (*query_shape[:-1], value_shape[-1])
