import keras
from keras import ops

from keras_seq.layers import choosing, recording
from keras_seq.layers.recurrent import written_out
from keras_seq.layers.recurrent.attention_cell import AttentionCell
from keras_seq.layers.recurrent.chosen_in_steps import ChosenInSteps
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.stepping import over_steps
from keras_seq.ops import masking
from keras_seq.ops.exporting import is_for_export
from keras_seq.ops.precision import at_least_float32


@keras.saving.register_keras_serializable("keras_seq")
class AttentionRNN(keras.layers.Layer):
    """Recurrence that attends to a memory at every step.

        output_t, weights_t, states_t = cell.step(input_t, states_{t-1}, prepared)     t = 1 … T
        prepared = cell.prepare(memory)                                               once

    Args:
        cell: a `BahdanauCell` or `LuongCell`, around any Keras cell.
        return_sequences: all outputs; else the last kept one.
        return_state: also return the states after the last kept step.
        unroll: write all steps out instead of a loop: faster to run, slower to compile; T must be known.

    Call arguments:
        inputs: float `(B, T, D)`, T at least 1.
        memory: float `(B, S, Dv)`.
        inputs_mask: bool `(B, T)`; Keras fills it and the one below from the tensors' own masks.
        memory_mask: bool `(B, S)`.
        initial_state: the first states of the inner cell, an encoder's say, or of all that `return_state`
            gives; what is not given is zeros.
        return_attention_scores: also return the weights (Keras' name for it).
        training: bool; dropout, of the inner cell and of the attention, acts in training only.

    Returns:
        outputs `(B, T, U)`, or `(B, U)` without `return_sequences`; U is the cell's `output_size`. With
        `return_state` they are followed by the states, with `return_attention_scores` then by the weights
        `(B, T, S)`.

    Masking: True = keep. A masked step gives zeros, outputs and weights, and leaves the states as they were.
    Weights on the memory's padding are exactly 0; a memory that keeps nothing gives a context of zeros. The
    inputs' mask is handed on with the sequence.

    Numerics: what a step hands to the next travels in float32 or wider under every dtype policy.

    Cost: T steps one after another; the memory's keys are projected once. Around an `LSTMCell`, `GRUCell` or
    `SimpleRNNCell` with default activations and without dropout, with a softmax over all keys by a score
    additive, concat, general, dot or scaled dot, and in float32: backpropagation through time is written out,
    the inputs are projected before the loop, and each weight's gradient is one product behind it. Everything
    else, and what is unrolled, goes through the loop of `keras.layers.RNN`.

    Raises:
        ValueError: no such cell, wrong rank, a number of states that fits neither cell, a mask that is
            not boolean.

    Example:

    >>> import keras
    >>> from keras_seq.layers import LuongCell
    >>> source, target = keras.Input((None, 16)), keras.Input((None, 8))
    >>> decoder = AttentionRNN(LuongCell(keras.layers.GRUCell(12), "additive"))
    >>> outputs, weights = decoder(target, source, return_attention_scores=True)
    >>> outputs.shape, weights.shape
    ((None, None, 12), (None, None, None))

    References: Bahdanau et al. 2015, appendix A.2.2; Luong et al. 2015, section 3.
    """

    def __init__(self, cell, return_sequences=True, return_state=False, unroll=False, **kwargs):
        super().__init__(**kwargs)
        if isinstance(cell, dict):
            cell = keras.saving.deserialize_keras_object(cell)
        if not isinstance(cell, AttentionCell):
            raise ValueError(
                f"cell must attend: a BahdanauCell or a LuongCell around your cell. Received: cell={cell!r}"
            )
        self.supports_masking = True
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.unroll = unroll

    def build(self, inputs_shape, memory_shape, initial_state_shape=None):
        require_rank(inputs=inputs_shape, memory=memory_shape)
        if not self.cell.built:  # it is, when loaded from a file
            self.cell.build(inputs_shape, memory_shape)
        self.built = True

    def call(
        self,
        inputs,
        memory,
        inputs_mask=None,
        memory_mask=None,
        initial_state=None,
        return_attention_scores=False,
        training=None,
    ):
        if inputs_mask is not None:
            inputs_mask = masking.boolean("inputs_mask", inputs_mask)
        prepared = self.cell.prepare(memory, memory_mask)
        states = self.first_states(prepared, initial_state)
        wants_weights = return_attention_scores or recording.is_recording() or self.cell.has_loss
        if not self.unroll and not is_for_export() and written_out.is_written_out(self.cell):
            outputs, weights, states = written_out.run(self.cell, inputs, states, prepared, inputs_mask)
        else:
            outputs, weights, states = self._run(
                inputs, states, prepared, inputs_mask, wants_weights, training
            )
        if wants_weights:
            if self.cell.has_loss:
                self.add_loss(self.cell.attention.loss(weights, inputs_mask))
            weights = ops.cast(weights, self.compute_dtype)
            recording.report(self, weights)
        if not self.return_sequences:
            outputs = masking.last_step(outputs, inputs_mask)
        states = [ops.cast(each, self.compute_dtype) for each in keras.tree.flatten(states)]
        results = (
            outputs,
            *(states if self.return_state else ()),
            *((weights,) if return_attention_scores else ()),
        )
        return results if len(results) > 1 else outputs

    def _run(self, inputs, states, prepared, inputs_mask, wants_weights, training):
        """Outputs, weights (None where nobody wants them) and last states, step by step."""
        # (B, T, S), or None
        noise = self.cell.noise(inputs, prepared.value) if training else None
        choices = ChosenInSteps(self) if choosing.is_heard() and self.cell.chooses else None
        input_width, output_width = inputs.shape[-1], self.cell.output_size

        # What a loop reads is one tensor, [input ; noise], and what it gives is one, [output ; weights].
        def step(each, states):
            here = prepared
            if noise is not None:
                here = prepared._replace(noise=ops.expand_dims(each[:, input_width:], 1))
            if choices is not None:
                (outputs, _, states), chosen = choices.of_step(
                    lambda: self.cell.step(each[:, :input_width], states, here)
                )
                return ops.concatenate([outputs, chosen], axis=-1), states
            outputs, weights, states = self.cell.step(each[:, :input_width], states, here)
            return ops.concatenate([outputs, weights], axis=-1) if wants_weights else outputs, states

        if noise is not None:
            inputs = ops.concatenate([at_least_float32(inputs), at_least_float32(noise)], axis=-1)
        with self.cell.dropout_drawn_once(prepared, states):
            results, states = over_steps(step, inputs, states, inputs_mask, self.unroll)
        outputs = ops.cast(results[..., :output_width], self.compute_dtype)
        if choices is None and not wants_weights:
            return outputs, None, states
        # A part of a width that is not known has none that is.
        outputs = ops.reshape(outputs, (-1, ops.shape(outputs)[1], output_width))
        weights = results[..., output_width:]
        return outputs, weights if choices is None else choices.report(weights), states

    def first_states(self, prepared, given=None):
        """The states before the first step: zeros, in the place of the first of which stands what is given.

        Args:
            prepared: what `cell.prepare` gave.
            given: as `initial_state` of the call.
        """
        states = self.cell.get_initial_state(prepared)
        if given is None:
            return states
        zeros, given = keras.tree.flatten(states), keras.tree.flatten(given)
        inner = len(keras.tree.flatten(self.cell.state_size))
        if len(given) not in (inner, len(zeros)):
            raise ValueError(
                f"initial_state holds the {inner} states of the inner cell, or all {len(zeros)} that "
                f"return_state gives. Received: {len(given)} states"
            )
        return keras.tree.pack_sequence_as(states, [*given, *zeros[len(given) :]])

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask if self.return_sequences else None

    def compute_output_shape(self, inputs_shape, memory_shape, initial_state_shape=None):
        batch, length = inputs_shape[:2]
        width = self.cell.output_size
        outputs = (batch, length, width) if self.return_sequences else (batch, width)
        if not self.return_state:
            return outputs
        return (outputs, *((batch, size) for size in self.cell.state_widths(memory_shape[1])))

    def compute_output_spec(self, *args, **kwargs):
        # Traced: the number of outputs depends on the call.
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.cell),
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "unroll": self.unroll,
        }
