import keras
from keras import ops

from keras_seq.layers.attention import MultiHeadSelfAttention
from keras_seq.layers.initializers import fresh
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.traced_layer import TracedLayer


class TransformerBlock(TracedLayer):
    """What encoder and decoder blocks share: self-attention, a feed-forward network, residuals and norms.

    after  = norm(before + dropout(sublayer(before)))
    after  = before + dropout(sublayer(norm(before)))        with `norm_first`
    """

    def __init__(
        self,
        num_heads,
        feed_forward_dim,
        key_dim=None,
        activation="relu",
        dropout=0.0,
        norm_first=False,
        scope="global",
        rotary=False,
        epsilon=1e-5,
        seed=None,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_at_least(1, feed_forward_dim=feed_forward_dim)
        self.supports_masking = True
        self.num_heads = num_heads
        self.feed_forward_dim = feed_forward_dim
        self.key_dim = key_dim
        self.activation = keras.activations.get(activation)
        self.dropout = dropout
        self.norm_first = norm_first
        self.rotary = rotary
        self.epsilon = epsilon
        self.seed = seed
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.self_attention = MultiHeadSelfAttention(
            scope=scope, rotary=rotary, **self._attention_arguments("self_attention", 0)
        )
        self.inner_dropout = self._dropout("inner_dropout", 1)
        self.norms, self.dropouts = [], []
        for number, name in enumerate(self.sublayers()):
            self.norms.append(
                keras.layers.LayerNormalization(epsilon=epsilon, dtype=self.dtype_policy, name=f"{name}_norm")
            )
            self.dropouts.append(self._dropout(f"{name}_dropout", 2 + number))

    def sublayers(self):
        """Names of what has a residual, in order."""
        raise NotImplementedError(f"{type(self).__name__} must define sublayers()")

    def build(self, inputs_shape):
        self.self_attention.build(inputs_shape)
        for norm in self.norms:
            norm.build(inputs_shape)
        self.inner_dense = self._dense("inner", self.feed_forward_dim, self.activation)
        self.outer_dense = self._dense("outer", inputs_shape[-1])
        self.inner_dense.build(inputs_shape)
        self.outer_dense.build((*inputs_shape[:-1], self.feed_forward_dim))
        self.built = True

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "feed_forward_dim": self.feed_forward_dim,
            "key_dim": self.key_dim,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout,
            "norm_first": self.norm_first,
            "scope": self.self_attention.get_config()["scope"],
            "rotary": self.rotary,
            "epsilon": self.epsilon,
            "seed": self.seed,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _before(self, number, states):
        """What sublayer `number` reads."""
        return self.norms[number](states) if self.norm_first else states

    def _after(self, number, states, change, training):
        """The states with what sublayer `number` made of them."""
        states = states + self.dropouts[number](change, training=training)
        return states if self.norm_first else self.norms[number](states)

    def _feed_forward(self, states, training):
        """activation(x W_1 + b_1) W_2 + b_2"""
        # Products of rows, as in attention: with their biases and the activation one operator each.
        inner = self.inner_dense(ops.reshape(states, (-1, states.shape[-1])))
        rows = self.outer_dense(self.inner_dropout(inner, training=training))
        return ops.reshape(rows, ops.shape(states))

    def _attention_arguments(self, name, number):
        return {
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "dropout": self.dropout,
            "seed": self._seed(number),
            "kernel_initializer": fresh(self.kernel_initializer),
            "dtype": self.dtype_policy,
            "name": name,
        }

    def _dense(self, name, units, activation=None):
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=fresh(self.kernel_initializer),
            dtype=self.dtype_policy,
            name=name,
        )

    def _dropout(self, name, number):
        return keras.layers.Dropout(self.dropout, seed=self._seed(number), dtype=self.dtype_policy, name=name)

    def _seed(self, number):
        # One seed for all would drop the same places everywhere.
        return None if self.seed is None else self.seed + number
