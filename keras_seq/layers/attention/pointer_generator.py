import keras
from keras import ops

from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking
from keras_seq.ops.copying import copy_distribution
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class PointerGenerator(keras.layers.Layer):
    """Words from a vocabulary or copied from the source: one distribution over both.

        p_gen_t   = sigmoid(w · features_t + b)
        probs_t,v = p_gen_t · vocabulary_probs_t,v + (1 - p_gen_t) Σ_{s: source_ids_s = v} weights_ts

    v runs over the vocabulary and behind it over `extra` ids for source words that it does not hold, numbered
    anew in every example: the first of them V, the next V + 1, ….

    Args:
        extra: how many such ids there are.
        kernel_initializer: of w `(D, 1)`.

    Call arguments:
        features: float `(B, T, D)`, what decides between the two: in the paper context, decoder state and
            decoder input, side by side.
        vocabulary_probs: float `(B, T, V)`, each row a distribution over the vocabulary.
        attention_weights: float `(B, T, S)`, as attention layers return them.
        source_ids: int `(B, S)`, the source in ids below V + extra.
        features_mask: bool `(B, T)`; Keras fills it and the one below from the tensors' own masks.
        source_ids_mask: bool `(B, S)`.

    Returns:
        probs `(B, T, V + extra)` in the compute dtype. A row sums to 1 where its weights do; where there is
        nothing to copy (weights of zeros) all is generated, and it sums to 1 too.

    Masking: True = keep. Source padding is never copied, whatever its weight and id; a masked step gives
    zeros. The mask of the features is handed on.

    Numerics: in float32 or wider, whatever the dtype policy. Where the weights on what is kept do not sum
    to 1 (dropout, windows), the share of copying shrinks with their sum and that of generating grows.

    Cost: B·T·(V + extra) memory.

    Raises:
        ValueError: extra below 0, wrong rank, a mask that is not boolean.

    Example:

    >>> import keras
    >>> words, weights = keras.Input((None, 100)), keras.Input((None, 7))
    >>> features, source = keras.Input((None, 16)), keras.Input((7,), dtype="int32")
    >>> PointerGenerator(extra=5)(features, words, weights, source).shape
    (None, None, 105)

    Reference: See et al. 2017, Get To The Point: Summarization with Pointer-Generator Networks, equations 8
    and 9.
    """

    def __init__(self, extra=0, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if extra < 0:
            raise ValueError(f"extra counts ids, 0 or more. Received: extra={extra}")
        self.supports_masking = True
        self.extra = extra
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.gate = keras.layers.Dense(
            1, kernel_initializer=self.kernel_initializer, dtype=self.dtype_policy, name="gate"
        )

    def build(self, features_shape, vocabulary_probs_shape, attention_weights_shape, source_ids_shape):
        require_rank(features=features_shape, vocabulary_probs=vocabulary_probs_shape)
        require_rank(("batch", "length", "source length"), attention_weights=attention_weights_shape)
        require_rank(("batch", "source length"), source_ids=source_ids_shape)
        if not self.gate.built:  # it is, when loaded from a file
            self.gate.build(features_shape)
        self.built = True

    def call(
        self,
        features,
        vocabulary_probs,
        attention_weights,
        source_ids,
        features_mask=None,
        source_ids_mask=None,
    ):
        if source_ids_mask is not None:
            source_ids_mask = masking.boolean("source_ids_mask", source_ids_mask)
        features = masking.zero_masked(features, features_mask, "features_mask")
        vocabulary_probs = masking.zero_masked(vocabulary_probs, features_mask)
        weights = at_least_float32(attention_weights)
        keep = masking.attention_mask(features_mask, source_ids_mask)
        if keep is not None:
            weights = ops.where(keep, weights, 0.0)
        copy = 1.0 - ops.sigmoid(at_least_float32(self.gate(features)))  # (B, T, 1)
        found = ops.minimum(ops.sum(weights, axis=-1, keepdims=True), 1.0)  # 1 where all weights are kept
        copied = copy_distribution(weights, source_ids, vocabulary_probs.shape[-1] + self.extra)
        words = ops.pad(at_least_float32(vocabulary_probs), ((0, 0), (0, 0), (0, self.extra)))
        probs = (1.0 - copy * found) * words + copy * copied  # (B, T, V + extra)
        return ops.cast(masking.zero_masked(probs, features_mask), self.compute_dtype)

    def compute_output_shape(
        self, features_shape, vocabulary_probs_shape, attention_weights_shape, source_ids_shape
    ):
        return (*features_shape[:-1], vocabulary_probs_shape[-1] + self.extra)

    def get_config(self):
        return {
            **super().get_config(),
            "extra": self.extra,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
