import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.attention import scores
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class PointerAttention(TracedLayer):
    """Attention whose weights are the answer: which of the keys each query points at.

        scores_ts    = score(query_t, key_s)
        log_probs_t· = log softmax(scores_t·)                  over the s that the masks keep

    The number of answers is the number of keys, whatever it is: nothing in the weights depends on it.

    Args:
        score: by name, or a `Score`; additive in the paper.

    Call arguments:
        query: float `(B, T, Dq)`.
        key: float `(B, S, Dk)`.
        query_mask: bool `(B, T)`; Keras fills it and `key_mask` from the tensors' own masks.
        key_mask: bool `(B, S)`.
        attention_mask: bool `(B, T, S)`, or what broadcasts to it: of keys already pointed at, say.
        return_attention_scores: also return the probabilities themselves.

    Returns:
        log_probs `(B, T, S)` in nats, in the compute dtype; with `return_attention_scores` the pair
        (log_probs, weights `(B, T, S)`). Log-probabilities are logits too: train by
        `SparseCategoricalCrossentropy(from_logits=True)` against positions.

    Masking: True = keep. Padding gets probability exactly 0 and the log-probability -32768, which stands for
    the logarithm of 0 and turns no loss to nan. So does the whole row of a masked query, or of one with
    nothing to point at. The query's mask is handed on.

    Numerics: in float32 or wider under every dtype policy; small probabilities keep their logarithms.

    Cost: that of the score.

    Raises:
        ValueError: unknown score, wrong rank, a mask that is not boolean.

    Example:

    >>> import keras
    >>> points, steps = keras.Input((None, 2)), keras.Input((None, 8))
    >>> PointerAttention()(steps, points).shape
    (None, None, None)

    Reference: Vinyals et al. 2015, Pointer Networks, equation 3.
    """

    def __init__(self, score="additive", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)

    def build(self, query_shape, key_shape):
        require_rank(query=query_shape, key=key_shape)
        if not self.score.built:  # it is, when loaded from a file
            self.score.build(query_shape, key_shape)
        self.built = True

    def call(
        self,
        query,
        key,
        query_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
    ):
        query, key, _ = masking.zero_padding(query, key, None, query_mask, None, key_mask)
        keep = masking.attention_mask(query_mask, None, key_mask, attention_mask)
        scores = self.score(query, self.score.prepare(key))  # (B, T, S)
        log_probs = ops.cast(masking.masked_log_softmax(scores, keep), self.compute_dtype)
        weights = ops.cast(masking.masked_softmax(scores, keep), self.compute_dtype)
        recording.report(self, weights)
        return (log_probs, weights) if return_attention_scores else log_probs

    def compute_output_shape(self, query_shape, key_shape):
        return (*query_shape[:-1], key_shape[1])

    def get_config(self):
        return {**super().get_config(), "score": keras.saving.serialize_keras_object(self.score)}
