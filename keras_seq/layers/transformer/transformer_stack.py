import keras

from keras_seq.layers.embedding.positions.placing import Placing
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.shapes import require_rank


class TransformerStack(keras.layers.Layer):
    """What the Transformer's encoder and decoder share: positions, blocks, and a norm behind the last.

    A class derived from it says which block: `block_class`.
    """

    block_class: type
    block_arguments: dict = {}

    def __init__(
        self,
        num_layers,
        num_heads,
        feed_forward_dim,
        key_dim=None,
        activation="relu",
        dropout=0.0,
        norm_first=False,
        positions="sinusoidal",
        max_length=None,
        scale=True,
        epsilon=1e-5,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_at_least(1, num_layers=num_layers)
        self.supports_masking = True
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.feed_forward_dim = feed_forward_dim
        self.key_dim = key_dim
        self.activation = keras.activations.get(activation)
        self.dropout = dropout
        self.norm_first = norm_first
        self.positions = positions
        self.max_length = max_length
        self.scale = scale
        self.epsilon = epsilon
        self.seed = seed
        self.placing = Placing(
            positions,
            max_length,
            scale,
            dropout,
            seed,
            others=("rotary", "none"),
            dtype=self.dtype_policy,
            name="placing",
        )
        self.blocks = [
            self.block_class(
                num_heads,
                feed_forward_dim,
                key_dim=key_dim,
                activation=self.activation,
                dropout=dropout,
                norm_first=norm_first,
                rotary=positions == "rotary",
                epsilon=epsilon,
                # Far from each other: a block counts on from its own.
                seed=None if seed is None else seed + 100 * (1 + number),
                dtype=self.dtype_policy,
                name=f"block_{number}",
            )
            for number in range(num_layers)
        ]
        self.last_norm = None
        if norm_first:
            self.last_norm = keras.layers.LayerNormalization(
                epsilon=epsilon, dtype=self.dtype_policy, name="norm"
            )

    def _build(self, inputs_shape, *memory_shape):
        require_rank(inputs=inputs_shape)
        self.placing.build(inputs_shape)
        for block in self.blocks:
            block.build(inputs_shape, *memory_shape)
        if self.last_norm is not None:
            self.last_norm.build(inputs_shape)
        self.built = True

    def _normed(self, states):
        return states if self.last_norm is None else self.last_norm(states)

    def get_config(self):
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "feed_forward_dim": self.feed_forward_dim,
            "key_dim": self.key_dim,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout,
            "norm_first": self.norm_first,
            "positions": self.positions,
            "max_length": self.max_length,
            "scale": self.scale,
            "epsilon": self.epsilon,
            "seed": self.seed,
        }
