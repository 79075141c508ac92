import keras
from keras import ops

from keras_seq.layers.decoders.decoder import Decoder, carried
from keras_seq.layers.decoders.first_state import FirstState
from keras_seq.layers.numbers import require_at_least
from keras_seq.layers.recurrent import built_in
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class ContextDecoder(Decoder):
    """A recurrent decoder without attention: all it knows of the source is one vector.

        context = summary(memory)
        state_t = cell(input_t, state_{t-1})                 state_0 = tanh(W context + b)
        output_t = state_t

    That is Sutskever's: the context is the first state, and no more. With `every_step`, Cho's, who has it at
    every step before the eyes:

        state_t  = cell([input_t ; context], state_{t-1})
        output_t = [state_t ; context]

    B batch, T target length, S source length; widths D, Dv, U. Every further level reads the states below.

    Args:
        units: width U of the states.
        cell: `"lstm"`, `"gru"` or `"simple"`.
        num_layers: depth, at least 1.
        every_step: whether each step reads the context, and gives it out beside its state.
        summary: what the context is: the `"last"` kept step of the memory, the `"ends"` of an encoder of two
            directions, `"backward"` (the second of these), the `"mean"`.
        residual: add to a level what it read, from the second level on.
        dropout: fraction of a level's inputs dropped in training, from the second level on.
        seed: of the dropout.

    Call arguments:
        inputs: float `(B, T, D)`, the embedded target.
        memory: float `(B, S, Dv)`, the encoder's states.
        inputs_mask: bool `(B, T)`, padding on the right; Keras fills it and the next.
        memory_mask: bool `(B, S)`.
        training: bool.

    Returns:
        `(B, T, U)`, with `every_step` `(B, T, U + Dv)`.

    Masking: True = keep. Padding of the source is in no summary, padding of the target gives zeros; the
    inputs' mask is handed on.

    Step by step: as every `Decoder`, but there are no weights; the cache holds the states.

    Cost: T steps of the cell, nothing of which depends on S.

    Raises:
        ValueError: an unknown cell or summary, units or num_layers below 1, wrong rank.

    Differs from the papers: the first state is a projection of the context, so that encoder and decoder may
    differ in width, depth, direction and kind of cell.

    Example:

    >>> import keras
    >>> source, target = keras.Input((None, 16)), keras.Input((None, 8))
    >>> ContextDecoder(12, every_step=True)(target, source).shape
    (None, None, 28)

    References: Sutskever et al. 2014, Sequence to Sequence Learning with Neural Networks, section 2; Cho et
    al. 2014, Learning Phrase Representations using RNN Encoder-Decoder, section 2.2.
    """

    attends = False

    def __init__(
        self,
        units,
        cell="gru",
        num_layers=1,
        every_step=False,
        summary="last",
        residual=False,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        built_in.require_built_in(cell)
        require_at_least(1, units=units, num_layers=num_layers)
        self.units = units
        self.cell = cell
        self.num_layers = num_layers
        self.every_step = every_step
        self.summary = summary
        self.residual = residual
        self.dropout = dropout
        self.seed = seed
        self.levels = [
            built_in.BUILT_IN[cell](
                units, return_sequences=True, dtype=self.dtype_policy, name=f"level_{level}"
            )
            for level in range(num_layers)
        ]
        self.between_levels = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)
        states_a_level = 2 if cell == "lstm" else 1
        widths = [units] * (states_a_level * num_layers)
        self.first = FirstState(summary, widths, dtype=self.dtype_policy, name="first_state")

    def build(self, inputs_shape, memory_shape):
        require_rank(inputs=inputs_shape, memory=memory_shape)
        self.first.build(memory_shape)
        context = self.first.summary_width(memory_shape[-1]) if self.every_step else 0
        width = inputs_shape[-1] + context
        for level in self.levels:
            level.build((*inputs_shape[:-1], width))
            width = self.units
        self.built = True

    def call(self, inputs, memory, inputs_mask=None, memory_mask=None, training=None):
        context, first = self.first(memory, mask=memory_mask)
        states = masking.zero_masked(inputs, inputs_mask, "inputs_mask")
        if self.every_step:
            context = ops.expand_dims(context, 1) * ops.ones_like(states[:, :, :1])  # (B, T, Dv)
            states = ops.concatenate([states, context], axis=-1)
        for level, layer in enumerate(self.levels):
            read = self.between_levels(states, training=training) if level else states
            above = built_in.run(self.cell, layer, read, self._of_level(first, level))
            states = states + above if level and self.residual else above
        if self.every_step:
            states = ops.concatenate([states, context], axis=-1)
        return masking.zero_masked(states, inputs_mask)

    def prepare(self, memory, memory_mask=None):
        context, first = self.first(ops.cast(memory, self.compute_dtype), mask=memory_mask)
        return {"context": context, "first": [at_least_float32(state) for state in first]}

    def initial_cache(self, prepared, max_length, copies=1):
        return prepared["first"]

    def step(self, inputs, prepared, cache, t):
        states, new = ops.cast(inputs, self.compute_dtype), []
        if self.every_step:
            states = ops.concatenate([states, prepared["context"]], axis=-1)
        for level, layer in enumerate(self.levels):
            above, of_level = layer.cell(states, self._of_level(cache, level))
            new += of_level
            states = states + above if level and self.residual else above
        if self.every_step:
            states = ops.concatenate([states, prepared["context"]], axis=-1)
        return states, None, carried(cache, new)

    def _of_level(self, states, level):
        """The states of one level, out of those of all."""
        each = len(states) // self.num_layers
        return [ops.cast(state, self.compute_dtype) for state in states[level * each : (level + 1) * each]]

    def compute_output_shape(self, inputs_shape, memory_shape):
        context = self.first.summary_width(memory_shape[-1]) if self.every_step else 0
        return (*inputs_shape[:-1], self.units + context)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "cell": self.cell,
            "num_layers": self.num_layers,
            "every_step": self.every_step,
            "summary": self.summary,
            "residual": self.residual,
            "dropout": self.dropout,
            "seed": self.seed,
        }
