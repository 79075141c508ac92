import keras
from keras import ops

from keras_seq.layers.attention import scores
from keras_seq.ops import masking, normalizers


@keras.saving.register_keras_serializable("keras_seq")
class Attention(keras.layers.Layer):
    """Attention put together from its parts: a score, then a normalizer, then a weighted mean.

        scores_ts  = score(query_t, key_s)
        weights_t· = normalizer(scores_t·)                over the s that the masks keep
        context_t  = Σ_s weights_ts · value_s

    B batch, T query length, S key and value length; widths Dq, Dk and Dv may all differ where the
    score allows it.

    Args:
        score: `"additive"`, `"scaled_dot"`, or a `Score`.
        normalizer: `"softmax"`, or a function `(scores, mask) -> weights`.
        dropout: fraction of the weights dropped in training, between 0 and 1.
        seed: of the dropout.

    Call arguments:
        query: float `(B, T, Dq)`.
        value: float `(B, S, Dv)`.
        key: float `(B, S, Dk)`; None takes the value.
        query_mask: bool `(B, T)`; Keras fills it and the two below from the tensors' own masks.
        value_mask: bool `(B, S)`.
        key_mask: bool `(B, S)`.
        attention_mask: bool `(B, T, S)`, or what broadcasts to it.
        return_attention_scores: also return the weights (Keras' name for it).
        training: bool; dropout acts in training only.

    Returns:
        context `(B, T, Dv)` in the compute dtype; with `return_attention_scores` the pair
        (context, weights `(B, T, S)`). Weights of a row sum to 1 (before dropout).

    Masking: True = keep. A query with nothing to attend to, and a masked query, get zeros: weights and
    context. Weights on padding are exactly 0. The query's mask is handed on.

    Numerics: the normalizer runs in float32 or wider under every dtype policy.

    Cost: that of the score, and B·T·S·Dv for the mean.

    Raises:
        ValueError: unknown part, wrong rank, mismatched lengths, a mask that is not boolean.

    Differs from `keras.layers.Attention`: a row whose keys are all masked gives zeros, there a mean of
    the padding; query, value and key are arguments of their own, so Keras fills each one's mask.

    Example:

    >>> import keras, numpy as np
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 6), "float32")
    >>> context, weights = Attention(score="additive")(query, value, return_attention_scores=True)
    >>> tuple(context.shape), tuple(weights.shape)
    ((2, 3, 6), (2, 3, 5))
    """

    def __init__(self, score="scaled_dot", normalizer="softmax", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is a fraction, at least 0 and below 1. Received: dropout={dropout}")
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)
        self.normalizer = normalizers.get(normalizer)
        self.dropout = dropout
        self.seed = seed
        self.weights_dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        for name, shape in (("query", query_shape), ("value", value_shape), ("key", key_shape)):
            if len(shape) != 3:
                raise ValueError(
                    f"{name} must be of rank 3: (batch, length, width). "
                    f"Received: {name} of shape {tuple(shape)}"
                )
        if None not in (value_shape[1], key_shape[1]) and value_shape[1] != key_shape[1]:
            raise ValueError(
                "Every value needs its key: both must be equally long. "
                f"Received: value of shape {tuple(value_shape)}, key of shape {tuple(key_shape)}"
            )
        if not self.score.built:  # it is, when loaded from a file
            self.score.build(query_shape, key_shape)
        self.built = True

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        keep = masking.attention_mask(query_mask, value_mask, key_mask, attention_mask)
        scores = self.score(query, self.score.prepare(key))  # (B, T, S)
        weights = ops.cast(self.normalizer(scores, keep), self.compute_dtype)  # (B, T, S)
        context = ops.matmul(self.weights_dropout(weights, training=training), value)  # (B, T, Dv)
        return (context, weights) if return_attention_scores else context

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], value_shape[-1])

    def compute_output_spec(self, *args, **kwargs):
        # Traced rather than taken from compute_output_shape: the number of outputs depends on the call.
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "score": keras.saving.serialize_keras_object(self.score),
            "normalizer": normalizers.serialize(self.normalizer),
            "dropout": self.dropout,
            "seed": self.seed,
        }
