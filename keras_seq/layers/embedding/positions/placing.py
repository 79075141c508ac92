"""Where a stack of blocks begins: inputs scaled, and with their positions."""

import keras
from keras import ops

from keras_seq.errors import nearest
from keras_seq.layers.embedding.positions.learned_positions import LearnedPositions
from keras_seq.layers.embedding.positions.sinusoidal_positions import SinusoidalPositions

__all__ = ["Placing"]


class Placing(keras.layers.Layer):
    """placed_t = dropout(√D · input_t + position_t)

    Inputs `(B, T, D)`, mask bool `(B, T)`, start -> `(B, T, D)`, zeros on padding.

    Args:
        positions: `"sinusoidal"`, `"learned"`, or what is in `others`, which adds nothing here.
        max_length: of learned positions.
        scale: whether the inputs are multiplied by √D.
        dropout, seed: of the dropout.
        others: further names for `positions`.
    """

    def __init__(
        self, positions, max_length=None, scale=True, dropout=0.0, seed=None, others=("none",), **kwargs
    ):
        super().__init__(**kwargs)
        known = ("sinusoidal", "learned", *others)
        if positions not in known:
            raise ValueError(
                f"Unknown positions. Expected {nearest(positions, known)}. Received: positions={positions!r}"
            )
        if positions == "learned" and max_length is None:
            raise ValueError(
                "Learned positions are a table: say how many there are. "
                "Received: positions='learned', max_length=None"
            )
        self.supports_masking = True
        self.scale = scale
        self.added = None
        if positions == "sinusoidal":
            self.added = SinusoidalPositions(dtype=self.dtype_policy, name="positions")
        elif positions == "learned":
            self.added = LearnedPositions(max_length, dtype=self.dtype_policy, name="positions")
        self.dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        if self.added is not None:
            self.added.build(inputs_shape)
        self.built = True

    def call(self, inputs, mask=None, start=0, training=None):
        placed = inputs * ops.cast(inputs.shape[-1] ** 0.5, inputs.dtype) if self.scale else inputs
        if self.added is not None:
            placed = self.added(placed, mask=mask, start=start)
        return self.dropout(placed, training=training)
