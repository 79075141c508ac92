import keras
from keras import ops

from keras_seq.layers.recurrent.attention_cell import AttentionCell


@keras.saving.register_keras_serializable("keras_seq")
class BahdanauCell(AttentionCell):
    """Bahdanau's decoder step: attend with the previous state, then read the input and what was found.

        context_t = attention(state_{t-1}, memory)
        state_t   = cell([input_t ; context_t], state_{t-1})

    and the output is that of the cell, or [output_t ; context_t]. For `AttentionRNN`, which runs it over
    a sequence; a decoder steps it by `prepare`, `get_initial_state` and `step`.

    Args:
        cell: any Keras cell: `LSTMCell`, `GRUCell`, `StackedRNNCells`, `ElmanCell`, …; its output is the
            state that attends, of stacked cells that of the last.
        attention: a score by name, or an `Attention`, `CoverageAttention` and `MonotonicAttention` included.
        output_context: also give the context out, beside the cell's output: deep output layers read both.

    Call arguments: none; of `step`: inputs `(B, D)`, states, and what `prepare(memory, memory_mask)` made of
    the memory `(B, S, Dv)`.

    Returns: `step` gives outputs `(B, U)` (or `(B, U + Dv)`), weights `(B, S)` and the states.

    Masking: memory on padding has weight exactly 0; a memory that keeps nothing gives a context of zeros.

    Cost: a step costs the inner cell's, one query against S keys, and S·Dv. The keys are projected by
    `prepare` alone.

    Raises:
        ValueError: no cell, an unknown score.

    Example:

    >>> import keras
    >>> from keras_seq.layers import AttentionRNN
    >>> words, states = keras.Input((None, 8)), keras.Input((None, 16))
    >>> layer = AttentionRNN(BahdanauCell(keras.layers.GRUCell(12)))
    >>> layer(words, states).shape
    (None, None, 12)

    Reference: Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
    Translate, appendix A.2.2.
    """

    def __init__(self, cell, attention="additive", output_context=False, **kwargs):
        super().__init__(cell, attention, **kwargs)
        self.output_context = output_context

    def build(self, inputs_shape, memory_shape):
        self._context_width = memory_shape[-1]
        self._build(inputs_shape[-1] + memory_shape[-1], memory_shape)

    @property
    def output_size(self):
        return self._inner_size + (self._context_width if self.output_context else 0)

    def step(self, inputs, states, prepared):
        inner, own = self._split(states)
        context, weights, own = self._attend(self._query(inner), own, prepared)
        inputs = ops.cast(inputs, self.compute_dtype)
        outputs, inner = self.cell(ops.concatenate([inputs, context], axis=-1), inner)
        if self.output_context:
            outputs = ops.concatenate([outputs, context], axis=-1)
        return outputs, weights, [*inner, *own]

    def get_config(self):
        return {**super().get_config(), "output_context": self.output_context}
