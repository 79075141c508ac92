import keras
from keras import ops

from keras_seq.layers import choosing, recording
from keras_seq.layers.attention import scopes, scores, selections, ways
from keras_seq.layers.numbers import require_fraction
from keras_seq.layers.shapes import require_as_many, require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking, normalizers


@keras.saving.register_keras_serializable("keras_seq")
class Attention(TracedLayer):
    """Attention put together from its parts: a score, a scope, a normalizer, a selection; then a mean.

        scores_ts  = score(query_t, key_s)
        weights_t· = normalizer(scores_t·) · factor_t·    over the s that the masks and the scope keep
        chosen_t·  = selection(weights_t·)
        context_t  = Σ_s chosen_ts · value_s

    B batch, T query length, S key and value length; widths Dq, Dk and Dv may all differ where the
    score allows it.

    Args:
        score: `"dot"`, `"scaled_dot"`, `"general"`, `"additive"`, `"concat"`, `"cosine"`, `"location"`, or
            a `Score`.
        normalizer: `"softmax"`, `"relu"`, `"sparsemax"`, or a function `(scores, mask) -> weights`.
        scope: `"global"`, `"causal"`, `"windowed"`, `"local_m"`, `"local_p"`, or a `Scope`, which also gives
            the factor (1, but for `"local_p"`).
        selection: `"soft"` (chosen = weights), `"hard"` (one key a query), or a `Selection`.
        dropout: fraction of what was chosen dropped in training, between 0 and 1.
        seed: of the dropout and of a `"hard"` selection.

    Call arguments:
        query: float `(B, T, Dq)`.
        value: float `(B, S, Dv)`.
        key: float `(B, S, Dk)`; None takes the value.
        query_mask: bool `(B, T)`; Keras fills it and the two below from the tensors' own masks.
        value_mask: bool `(B, S)`.
        key_mask: bool `(B, S)`.
        attention_mask: bool `(B, T, S)`, or what broadcasts to it.
        query_positions: int `(T,)` or `(B, T)`: where the queries stand among the keys, for a scope or causal
            mask; None: at 0 … T-1. A decoder at step t gives `[t]`.
        use_causal_mask: drop the keys that stand behind the query, besides what the scope drops.
        return_attention_scores: also return the weights (Keras' name for it).
        training: bool; dropout acts in training only.

    Returns:
        context `(B, T, Dv)` in the compute dtype; with `return_attention_scores` the pair
        (context, weights `(B, T, S)`): what was chosen, before dropout. Weights of a row sum to 1, but
        for `"relu"` and `"local_p"`.

    Masking: True = keep. A query with nothing to attend to, and a masked query, get zeros: weights and
    context. Weights on padding are exactly 0. The query's mask is handed on.

    Numerics: the normalizer runs in float32 or wider under every dtype policy.

    Cost: that of the score, and B·T·S·Dv for the mean. Where nobody asks for the weights and pairs are not
    masked (`attention_mask`, `query_positions`): linear in length, in time and in memory, for a scope that
    is local (`"windowed"`, `"local_m"`, `"local_p"`) and a score of pairs (all but `"location"`; one of your
    own says so); and scaled dot products with a softmax over long sequences hold no B·T·S weights.

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

    def __init__(
        self,
        score="scaled_dot",
        normalizer="softmax",
        scope="global",
        selection="soft",
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_fraction(dropout=dropout)
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)
        self.normalizer = normalizers.get(normalizer)
        self.scope = scopes.get(scope, dtype=self.dtype_policy)
        self.selection = selections.get(selection, seed=seed, dtype=self.dtype_policy)
        self.dropout = dropout
        self.seed = seed
        self.weights_dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        require_rank(query=query_shape, value=value_shape, key=key_shape)
        require_as_many(value_shape, key_shape)
        for part in (self.score, self.scope):
            if not part.built:  # it is, when loaded from a file
                part.build(query_shape, key_shape)
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
        query_positions=None,
        use_causal_mask=False,
        return_attention_scores=False,
        training=None,
    ):
        query, value, key = masking.zero_padding(query, value, key, query_mask, value_mask, key_mask)
        return self.attend(
            query,
            value,
            key,
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            query_positions=query_positions,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )

    def attend(
        self,
        query,
        value,
        key,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        query_positions=None,
        use_causal_mask=False,
        return_attention_scores=False,
        training=None,
    ):
        """What `call` does once padding holds finite numbers; tensors in the compute dtype."""
        key = self.score.prepare(key)
        seen = return_attention_scores or recording.is_recording() or self._is_asked_for_choices()
        if not seen and attention_mask is None and query_positions is None:
            masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask}
            near = None if use_causal_mask else ways.near(self, query, key, **masks)
            if near is not None:
                return self._attend_near(near, query, key, value, training)
            if ways.is_dot_product(self, query, key, training):
                return ways.dot_product(self, query, key, value, **masks, is_causal=use_causal_mask)
        keep = masking.attention_mask(query_mask, value_mask, key_mask, attention_mask)
        if use_causal_mask:
            causal = masking.causal_mask(ops.shape(query)[1], ops.shape(key)[1], query_positions)
            keep = masking.combine(keep, causal)
        keep, factor = self.scope(query, key, keep=keep, query_positions=query_positions)
        context, chosen = self._attend(query, key, value, keep, factor, training)
        recording.report(self, chosen)
        return (context, chosen) if return_attention_scores else context

    def _attend(self, query, key, value, keep, factor, training):
        """The formula: context `(B, T, Dv)` and what was chosen `(B, T, S)`, of a prepared key."""
        weights = self.normalizer(self.score(query, key), keep)  # (B, T, S)
        if factor is not None:
            weights = weights * factor
        with choosing.attending(self, query, value):
            chosen = self.selection(weights, training=training)
        chosen = ops.cast(chosen, self.compute_dtype)
        return ops.matmul(self.weights_dropout(chosen, training=training), value), chosen

    def _is_asked_for_choices(self):
        return choosing.is_heard() and isinstance(self.selection, selections.HardSelection)

    def _attend_near(self, near, query, key, value, training):
        """The same context from the keys near each query: B·T·window pairs, not B·T·S."""
        query, key, value = near.folding.queries(query), near.folding.keys(key), near.folding.keys(value)
        context, _ = self._attend(query, key, value, near.keep, near.factor, training)
        return near.folding.unfold(context)

    def compute_output_shape(self, query_shape, value_shape, key_shape=None, query_positions_shape=None):
        return (*query_shape[:-1], value_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "score": keras.saving.serialize_keras_object(self.score),
            "normalizer": normalizers.serialize(self.normalizer),
            "scope": keras.saving.serialize_keras_object(self.scope),
            "selection": keras.saving.serialize_keras_object(self.selection),
            "dropout": self.dropout,
            "seed": self.seed,
        }
