import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.attention import ways
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.scopes import GlobalScope
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_as_many, require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking

_PARTS = ("score", "normalizer", "scope", "selection", "dropout", "seed")


@keras.saving.register_keras_serializable("keras_seq")
class MultiHeadAttention(TracedLayer):
    """Several attentions side by side, each over projections of its own.

        head_h  = attention(query W_h^Q, key W_h^K, value W_h^V)
        context = [head_1; …; head_H] W^O

    B batch, T query length, S key and value length, H heads; widths Dq, Dk and Dv may all differ.

    Args:
        num_heads: H.
        key_dim: width of a head's queries and keys; None: Dq / H, which must divide.
        value_dim: width of a head's values; None: that of its keys.
        output_dim: width of the result; None: Dq.
        use_bias: whether the four projections add a bias.
        kernel_initializer: of W^Q `(Dq, H·key_dim)`, W^K, W^V and W^O `(H·value_dim, output_dim)`.
        bias_initializer: of their biases.
        score, normalizer, scope, selection, dropout, seed: of the attention, as in `Attention`. A part with
            weights of its own (a score such as `"additive"`) is one for all heads.

    Call arguments: those of `Attention`. An attention_mask may be `(B, T, S)`, `(B, H, T, S)`, or what
    broadcasts to either.

    Returns:
        `(B, T, output_dim)`; with `return_attention_scores` the pair of it and the weights `(B, H, T, S)`.

    Masking, numerics, raises: as in `Attention`; a query with nothing to attend to gives zeros, no bias
    either.

    Cost: T·Dq·H·key_dim, S·Dk·H·key_dim, S·Dv·H·value_dim and T·H·value_dim·output_dim multiplications for
    the projections, each one product, and H attentions; times B.

    Raises:
        ValueError: num_heads that does not divide Dq where no key_dim is given.

    Differs from `keras.layers.MultiHeadAttention`: any score, normalizer, scope and selection; the context
    and weights of a row whose keys are all masked are zeros, there a mean of the padding; masks come by
    name, so padding is seen in every kind of model. The numbers are otherwise the same on the same weights
    (there `(D, H, d)`, here `(D, H·d)`).

    Example:

    >>> import keras
    >>> states = keras.Input((None, 8))
    >>> context, weights = MultiHeadAttention(num_heads=2)(states, states, return_attention_scores=True)
    >>> context.shape, weights.shape
    ((None, None, 8), (None, 2, None, None))

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.2.2.
    """

    def __init__(
        self,
        num_heads,
        key_dim=None,
        value_dim=None,
        output_dim=None,
        use_bias=True,
        score="scaled_dot",
        normalizer="softmax",
        scope="global",
        selection="soft",
        dropout=0.0,
        seed=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_at_least(1, num_heads=num_heads)
        require_at_least(1, key_dim=key_dim, none="a head's share of the query's width")
        require_at_least(1, value_dim=value_dim, none="key_dim")
        require_at_least(1, output_dim=output_dim, none="the query's width")
        self.supports_masking = True
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.output_dim = output_dim
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.attention = Attention(
            score=score,
            normalizer=normalizer,
            scope=scope,
            selection=selection,
            dropout=dropout,
            seed=seed,
            dtype=self.dtype_policy,
            name="attention",
        )

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        require_rank(query=query_shape, value=value_shape, key=key_shape)
        require_as_many(value_shape, key_shape)
        if self.key_dim is None and query_shape[-1] % self.num_heads:
            raise ValueError(
                "num_heads must divide the query's width, or key_dim say how wide a head is. "
                f"Received: num_heads={self.num_heads}, query of shape {tuple(query_shape)}"
            )
        key_dim = self.key_dim or query_shape[-1] // self.num_heads
        value_dim = self.value_dim or key_dim
        self.query_dense = self._dense("query", query_shape, self.num_heads * key_dim)
        self.key_dense = self._dense("key", key_shape, self.num_heads * key_dim)
        self.value_dense = self._dense("value", value_shape, self.num_heads * value_dim)
        joined_shape = (*query_shape[:-1], self.num_heads * value_dim)
        self.output_dense = self._dense("output", joined_shape, self.output_dim or query_shape[-1])
        self.attention.build(
            (None, query_shape[1], key_dim), (None, value_shape[1], value_dim), (None, key_shape[1], key_dim)
        )
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
            self.project_query(query),
            self.project_memory(value, key),
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            query_positions=query_positions,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )

    def project_query(self, query):
        """Every head's queries: `(B, T, Dq)` -> `(B, H, T, key_dim)`."""
        return self._split(query, self.query_dense)

    def project_memory(self, value, key=None):
        """Every head's keys and values, `(B, H, S, key_dim)` and `(B, H, S, value_dim)`.

        A decoder projects them once and attends to them at every step.
        """
        key = value if key is None else key
        return self._split(key, self.key_dense), self._split(value, self.value_dense)

    def attend(
        self,
        queries,
        memory,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        query_positions=None,
        use_causal_mask=False,
        return_attention_scores=False,
        training=None,
    ):
        """What `call` does once queries and memory are projected, of padding its zeros; its arguments."""
        queries, keys, values = (self._fold(each) for each in (queries, *memory))  # (B·H, …, width)
        if query_mask is not None:
            query_mask = ops.squeeze(masking.attention_mask(query_mask), -1)  # a boolean tensor, or a letter
        # A masked query is dropped from the result: the attention need not know of it.
        masks = {"value_mask": value_mask, "key_mask": key_mask, "attention_mask": attention_mask}
        masks = {
            name: self._for_every_head(name, mask, ops.shape(queries)[0]) for name, mask in masks.items()
        }
        where = {"query_positions": query_positions, "use_causal_mask": use_causal_mask}
        weights_wanted = return_attention_scores or recording.is_recording()
        with recording.not_recording():
            heads = self.attention.attend(
                queries,
                values,
                keys,
                **masks,
                **where,
                return_attention_scores=weights_wanted,
                training=training,
            )  # (B·H, T, value_dim)
        heads, weights = heads if weights_wanted else (heads, None)
        attended = masking.combine(query_mask, self._attended(queries, keys, masks, where))  # (B, T)
        context = masking.zero_masked(self._join(heads, self.output_dense), attended)
        if weights_wanted:
            weights = self._unfold(weights)  # (B, H, T, S)
            if query_mask is not None:
                weights = masking.zero_masked(weights, ops.expand_dims(query_mask, 1))
            recording.report(self, weights)
        return (context, weights) if return_attention_scores else context

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], self.output_dim or query_shape[-1])

    def get_config(self):
        attention = self.attention.get_config()
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "output_dim": self.output_dim,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            **{part: attention[part] for part in _PARTS},
        }

    def _attended(self, queries, keys, masks, where):
        """Which queries see something, in some head: bool, broadcastable to `(B, T)`; None: all."""
        if masks["attention_mask"] is None and where["query_positions"] is None:
            near = ways.near(self.attention, queries, keys, None, masks["value_mask"], masks["key_mask"])
            if near is not None and not where["use_causal_mask"]:  # without a mask of all pairs
                some = near.folding.unfold(ops.any(near.keep, axis=-1, keepdims=True))
                return ops.any(self._unfold(ops.squeeze(some, -1)), axis=1)
        keep = masking.attention_mask(None, masks["value_mask"], masks["key_mask"], masks["attention_mask"])
        if where["use_causal_mask"]:
            causal = masking.causal_mask(
                ops.shape(queries)[1], ops.shape(keys)[1], query_positions=where["query_positions"]
            )
            keep = masking.combine(keep, causal)
        if not isinstance(self.attention.scope, GlobalScope):
            keep, _ = self.attention.scope(queries, keys, keep=keep, query_positions=where["query_positions"])
        if keep is None:
            return None
        some = ops.any(keep, axis=-1)  # (B·H, T or 1), or (T,) where no mask was given
        return some if len(some.shape) == 1 else ops.any(self._unfold(some), axis=1)

    def _dense(self, name, inputs_shape, units):
        dense = keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=fresh(self.kernel_initializer),
            bias_initializer=fresh(self.bias_initializer),
            dtype=self.dtype_policy,
            name=name,
        )
        dense.build(inputs_shape)
        return dense

    # A product of rows: TensorFlow adds the bias in the same breath, which it does not to a sequence.

    def _split(self, sequence, dense):
        """`(B, T, D)` projected to `(B, H, T, d)`."""
        rows = dense(ops.reshape(sequence, (-1, sequence.shape[-1])))  # (B·T, H·d)
        shape = (-1, ops.shape(sequence)[1], self.num_heads, dense.units // self.num_heads)
        return ops.transpose(ops.reshape(rows, shape), (0, 2, 1, 3))

    def _join(self, heads, dense):
        """`(B·H, T, d)` projected to `(B, T, output_dim)`."""
        joined = ops.transpose(self._unfold(heads), (0, 2, 1, 3))  # (B, T, H, d)
        rows = dense(ops.reshape(joined, (-1, self.num_heads * heads.shape[-1])))
        return ops.reshape(rows, (-1, ops.shape(heads)[1], dense.units))

    def _fold(self, heads):
        """`(B, H, T, d)` -> `(B·H, T, d)`: to the parts, heads are more rows of the batch."""
        return ops.reshape(heads, (-1, *ops.shape(heads)[2:]))

    def _unfold(self, folded):
        """`(B·H, T, …)` -> `(B, H, T, …)`."""
        return ops.reshape(folded, (-1, self.num_heads, *ops.shape(folded)[1:]))

    def _for_every_head(self, name, mask, rows):
        """bool `(B, S)`, `(B, T, S)` or `(B, H, T, S)` -> `(B·H, S)` or `(B·H, T, S)`; any size may be 1."""
        if mask is None:
            return None
        if name == "attention_mask" and len(mask.shape) == 2:  # (T, S), for every row alike
            return mask
        mask = ops.expand_dims(mask, 1) if len(mask.shape) < 4 else mask
        shape = (rows // self.num_heads, self.num_heads, *ops.shape(mask)[2:])
        return self._fold(ops.broadcast_to(mask, shape))
