import keras
from keras import ops

from keras_seq.layers.recurrent import built_in
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking, recurrence


@keras.saving.register_keras_serializable("keras_seq")
class RecurrentEncoder(keras.layers.Layer):
    """Built-in LSTM, GRU or SimpleRNN layers, one or two directions, any depth, that padding cannot touch.

        forward_t  = cell(input_t, forward_{t-1})            t = 1 … n
        backward_t = cell(input_t, backward_{t+1})           t = n … 1
        state_t    = [forward_t ; backward_t]                0 for t > n

    n is the number of steps that the row keeps; padding stands on the right. Every further level reads
    the states below it; with `residual` it adds them: state_t + below_t, where both are equally wide.

    Args:
        units: width U of each direction.
        cell: `"lstm"`, `"gru"` or `"simple"`.
        num_layers: depth, at least 1.
        bidirectional: read in both directions; the width becomes 2 U.
        residual: add to a level what it read, from the second level on.
        dropout: fraction of a level's inputs dropped in training, from the second level on.
        seed: of the dropout.

    Call arguments:
        inputs: float `(B, T, D)`.
        mask: bool `(B, T)`, True = keep, padding on the right; Keras fills it.
        training: bool.

    Returns:
        states `(B, T, U)` or `(B, T, 2 U)`, 0 on padding; the mask is handed on.

    Masking: each direction reads the kept steps only, the backward one from the last kept step on. No
    mask enters the loop, so that it compiles under XLA, converts to LiteRT, and an empty row is safe.

    Numerics: equal to `keras.layers.Bidirectional` over the same layers and weights.

    Differs from `keras.layers.Bidirectional(LSTM(…))`: the input projection of all steps is one product,
    gradients are taken by backpropagation through time written out (see `keras_seq.ops.recurrence`), and
    the same code converts to LiteRT with dynamic batch and length.

    Example:

    >>> import keras
    >>> states = RecurrentEncoder(16, cell="gru", num_layers=2, residual=True)(keras.Input((None, 8)))
    >>> states.shape
    (None, None, 32)

    References: Hochreiter & Schmidhuber 1997 (LSTM); Cho et al. 2014 (GRU); Elman 1990 (simple);
    Schuster & Paliwal 1997 (two directions).
    """

    def __init__(
        self,
        units,
        cell="lstm",
        num_layers=1,
        bidirectional=True,
        residual=False,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        built_in.require_built_in(cell)
        for name, value in (("units", units), ("num_layers", num_layers)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1. Received: {name}={value}")
        self.supports_masking = True
        self.units = units
        self.cell = cell
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.dropout = dropout
        self.seed = seed
        directions = ("forward", "backward") if bidirectional else ("forward",)
        self.levels = [
            [
                built_in.BUILT_IN[cell](
                    units, return_sequences=True, dtype=self.dtype_policy, name=f"{direction}_{level}"
                )
                for direction in directions
            ]
            for level in range(num_layers)
        ]
        self.between_levels = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    @property
    def width(self):
        """Width of the states: U, or 2 U in two directions."""
        return self.units * len(self.levels[0])

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        width = inputs_shape[-1]
        for level in self.levels:
            for layer in level:
                layer.build((*inputs_shape[:-1], width))
            width = self.width
        self.built = True

    def call(self, inputs, mask=None, training=None):
        states = self._read(self.levels[0], masking.zero_masked(inputs, mask), mask)
        for level in self.levels[1:]:
            above = self._read(level, self.between_levels(states, training=training), mask)
            states = states + above if self.residual else above
        return states

    def _read(self, directions, inputs, mask):
        """One level: `(B, T, D)` -> `(B, T, width)`."""
        states = [built_in.run(self.cell, directions[0], inputs)]
        if self.bidirectional:
            lengths = None if mask is None else masking.sequence_lengths(mask)
            backward = built_in.run(self.cell, directions[1], _reverse(inputs, lengths))
            states.append(_reverse(backward, lengths))
        return masking.zero_masked(ops.concatenate(states, axis=-1), mask)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.width)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "cell": self.cell,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "residual": self.residual,
            "dropout": self.dropout,
            "seed": self.seed,
        }


def _reverse(sequence, lengths):
    if lengths is None:
        return ops.flip(sequence, axis=1)
    return recurrence.reverse_by_length(sequence, lengths)
