import keras
from keras import ops

from keras_seq.layers.recurrent.attention_cell import AttentionCell


@keras.saving.register_keras_serializable("keras_seq")
class LuongCell(AttentionCell):
    """Luong's decoder step: read the input and the previous answer, then attend with the new state.

        state_t   = cell([input_t ; answer_{t-1}], state_{t-1})          input feeding
        context_t = attention(state_t, memory)
        answer_t  = tanh(W_c [context_t ; state_t])

    The answer, the paper's attentional vector h̃, is the output. For `AttentionRNN`, which runs it over a
    sequence; a decoder steps it by `prepare`, `get_initial_state` and `step`.

    Args:
        cell: any Keras cell: `LSTMCell`, `GRUCell`, `StackedRNNCells`, `ElmanCell`, …; its output attends.
        attention: a score by name, or an `Attention`, `CoverageAttention` and `MonotonicAttention` included.
        units: width of the answer; None takes that of the cell's output.
        input_feeding: whether the cell reads the previous answer.
        kernel_initializer: of W_c `(Dv + U, units)`.

    Call arguments: none; of `step`: inputs `(B, D)`, states, and what `prepare(memory, memory_mask)` made of
    the memory `(B, S, Dv)`.

    Returns: `step` gives answers `(B, units)`, weights `(B, S)` and the states: the cell's, then the answer.

    Masking: memory on padding has weight exactly 0; a memory that keeps nothing gives a context of zeros.

    Cost: a step costs the inner cell's, one query against S keys, S·Dv and (Dv + U)·units. The keys are
    projected by `prepare` alone.

    Raises:
        ValueError: no cell, an unknown score, units below 1.

    Example:

    >>> import keras
    >>> from keras_seq.layers import AttentionRNN
    >>> words, states = keras.Input((None, 8)), keras.Input((None, 16))
    >>> layer = AttentionRNN(LuongCell(keras.layers.LSTMCell(12), "general"))
    >>> layer(words, states).shape
    (None, None, 12)

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3, equation 5, and section 3.3 (input feeding).
    """

    def __init__(
        self,
        cell,
        attention="general",
        units=None,
        input_feeding=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(cell, attention, **kwargs)
        if units is not None and units < 1:
            raise ValueError(
                f"units must be at least 1, or None for the cell's width. Received: units={units}"
            )
        self.units = units
        self.input_feeding = input_feeding
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.answer = keras.layers.Dense(
            self.output_size,
            activation="tanh",
            use_bias=False,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
            name="answer",
        )

    def build(self, inputs_shape, memory_shape):
        fed = self.output_size if self.input_feeding else 0
        if not self.answer.built:  # it is, when loaded from a file
            self.answer.build((None, memory_shape[-1] + self._inner_size))
        self._build(inputs_shape[-1] + fed, memory_shape)

    @property
    def output_size(self):
        return self.units or self._inner_size

    def step(self, inputs, states, prepared):
        inner, own = self._split(states)
        inputs = ops.cast(inputs, self.compute_dtype)
        if self.input_feeding:
            answer, *own = own
            inputs = ops.concatenate([inputs, ops.cast(answer, self.compute_dtype)], axis=-1)
        outputs, inner = self.cell(inputs, inner)
        context, weights, own = self._attend(outputs, own, prepared)
        answer = self.answer(ops.concatenate([context, outputs], axis=-1))
        fed = [answer] if self.input_feeding else []
        return answer, weights, [*inner, *fed, *own]

    def _fed(self, batch_size):
        return [ops.zeros((batch_size, self.output_size), self.compute_dtype)] if self.input_feeding else []

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "input_feeding": self.input_feeding,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
