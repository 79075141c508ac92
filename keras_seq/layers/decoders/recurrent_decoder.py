import keras

from keras_seq.layers import choosing, recording
from keras_seq.layers.decoders.decoder import Decoder, carried
from keras_seq.layers.decoders.first_state import FirstState
from keras_seq.layers.recurrent import AttentionRNN, PreparedMemory
from keras_seq.layers.shapes import require_rank
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class RecurrentDecoder(Decoder):
    """A recurrent decoder that attends to the source at every step, and begins where the encoder ended.

        first            = tanh(W summary(memory) + b)
        state_t, weights_t = cell.step(input_t, state_{t-1}, memory)        state_0 = first

    Which formula a step is, Bahdanau's or Luong's, with which score, scope, normalizer and selection, says
    the cell.

    B batch, T target length, S source length; widths D, Dv, W: W is the cell's `output_size`.

    Args:
        cell: a `BahdanauCell` (with `output_context=True` for deep output layers, which read both) or a
            `LuongCell`, around any Keras cell, stacked ones too.
        first_state: what the states of the inner cell begin with: `"zeros"`, or a summary of the memory:
            `"last"` kept step, `"ends"` (of an encoder of two directions: each where it ends), `"backward"`
            (the second of these, as Bahdanau has it), `"mean"`.

    Call arguments:
        inputs: float `(B, T, D)`, the embedded target; T at least 1.
        memory: float `(B, S, Dv)`, the encoder's states.
        inputs_mask: bool `(B, T)`; Keras fills it and the next from the tensors' own masks.
        memory_mask: bool `(B, S)`.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        states `(B, T, W)`; with `return_attention_scores` the pair (states, weights `(B, T, S)`).

    Masking: as in `AttentionRNN`: weights on the source's padding are exactly 0, a masked step gives zeros.

    Step by step: as every `Decoder`; the cache holds the cell's states, in float32 or wider.

    Cost: T steps one after another; the memory's keys are projected once.

    Raises:
        ValueError: no such cell, an unknown summary, wrong rank.

    Example:

    >>> import keras
    >>> from keras_seq.layers import BahdanauCell
    >>> source, target = keras.Input((None, 16)), keras.Input((None, 8))
    >>> cell = BahdanauCell(keras.layers.GRUCell(12), output_context=True)
    >>> RecurrentDecoder(cell, first_state="backward")(target, source).shape
    (None, None, 28)

    References: Bahdanau et al. 2015, appendix A.2.2; Luong et al. 2015, section 3.
    """

    def __init__(self, cell, first_state="zeros", **kwargs):
        super().__init__(**kwargs)
        self.recurrence = AttentionRNN(cell, dtype=self.dtype_policy, name="recurrence")
        self.first_state = first_state
        self.first = None
        if first_state != "zeros":
            widths = keras.tree.flatten(self.recurrence.cell.cell.state_size)
            self.first = FirstState(first_state, widths, dtype=self.dtype_policy, name="first_state")

    def build(self, inputs_shape, memory_shape):
        require_rank(inputs=inputs_shape, memory=memory_shape)
        self.recurrence.build(inputs_shape, memory_shape)
        if self.first is not None:
            self.first.build(memory_shape)
        self.built = True

    def call(
        self,
        inputs,
        memory,
        inputs_mask=None,
        memory_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        weights_wanted = return_attention_scores or recording.is_recording()
        with recording.not_recording(), choosing.in_the_name_of(self):
            states = self.recurrence(
                inputs,
                memory,
                inputs_mask=inputs_mask,
                memory_mask=memory_mask,
                initial_state=self._first(memory, memory_mask),
                return_attention_scores=weights_wanted,
                training=training,
            )
        if weights_wanted:
            recording.report(self, states[1])
        return states if return_attention_scores or not weights_wanted else states[0]

    def prepare(self, memory, memory_mask=None):
        prepared = self.recurrence.cell.prepare(memory, memory_mask)
        first = self.recurrence.first_states(prepared, self._first(memory, memory_mask))
        # Without what acts in training only; and None is no tensor that could be repeated.
        shared = {name: getattr(prepared, name) for name in ("value", "key", "keep")}
        shared = {name: each for name, each in shared.items() if each is not None}
        return {"memory": shared, "first": keras.tree.map_structure(at_least_float32, first)}

    def initial_cache(self, prepared, max_length, copies=1):
        return prepared["first"]

    def step(self, inputs, prepared, cache, t):
        outputs, weights, states = self.recurrence.cell.step(
            inputs, cache, PreparedMemory(**prepared["memory"])
        )
        return (
            outputs,
            weights,
            carried(cache, keras.tree.pack_sequence_as(cache, keras.tree.flatten(states))),
        )

    def _first(self, memory, memory_mask):
        return None if self.first is None else self.first(memory, mask=memory_mask)[1]

    def compute_output_shape(self, inputs_shape, memory_shape):
        return (*inputs_shape[:-1], self.recurrence.cell.output_size)

    def get_config(self):
        return {
            **super().get_config(),
            "cell": self.recurrence.get_config()["cell"],
            "first_state": self.first_state,
        }
