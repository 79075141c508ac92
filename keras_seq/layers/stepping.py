"""A sequence step by step, each step reading what the one before it left: the one loop of our layers."""

import keras
from keras import backend, ops

from keras_seq.ops import masking
from keras_seq.ops.exporting import is_for_export

__all__ = ["over_steps"]


def over_steps(step, sequence, states, mask=None, unroll=False):
    """outputs_t, states_t = step(sequence_t, states_{t-1})        for every t

    `keras.layers.RNN` runs the loop, so that it trains eagerly, in graphs, under XLA and on JAX; inside
    `keras_seq.ops.exporting.for_export` it is written in the form that LiteRT converts with unknown batch
    and length.

    Args:
        step: `(inputs (B, D), states) -> (outputs (B, W), states)`; the numbers it reads of a state are in
            float32 or wider, whatever it returned.
        sequence: `(B, T, D)`, with at least one step.
        states: nested tensors `(B, …)`, those before the first step.
        mask: bool `(B, T)`; where it drops a step the outputs are 0 and the states stay as they were.
        unroll: write every step out instead of a loop: faster to run, slower to compile; T must be known.

    Returns:
        outputs `(B, T, W)` and the states after the last kept step, in float32 or wider.
    """
    dtype = backend.result_type(backend.standardize_dtype(sequence.dtype), "float32")

    def flat_step(inputs, flat):
        outputs, new = step(inputs, keras.tree.pack_sequence_as(states, list(flat)))
        return ops.cast(outputs, dtype), [ops.cast(each, dtype) for each in keras.tree.flatten(new)]

    flat = [ops.cast(each, dtype) for each in keras.tree.flatten(states)]
    sequence = masking.zero_masked(sequence, mask)  # what stands on padding never enters the loop
    if is_for_export():
        outputs, flat = _export_loop(flat_step, sequence, flat, mask)
    else:
        # Zeros and not the last output: on JAX, Keras takes the first state for that.
        loop = keras.layers.RNN(
            _Cell(flat_step, len(flat), dtype),
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            unroll=unroll,
            dtype=dtype,
            name="steps",
        )
        outputs, *flat = loop.call(sequence, initial_state=flat, mask=mask)
    return outputs, keras.tree.pack_sequence_as(states, list(flat))


class _Cell:
    """A function as `keras.layers.RNN` wants its cells."""

    def __init__(self, step, number_of_states, dtype):
        self.call = step
        self.state_size = [1] * number_of_states  # how many; the sizes are read only where Keras makes them
        self.compute_dtype = dtype

    def __call__(self, inputs, states):
        return self.call(inputs, states)


def _export_loop(step, sequence, states, mask):
    sequence = ops.swapaxes(sequence, 0, 1)  # (T, B, D)
    time = ops.shape(sequence)[0]
    keep = None if mask is None else ops.expand_dims(ops.transpose(mask), -1)  # (T, B, 1)

    def kept_step(t, states):
        outputs, new = step(ops.take(sequence, t, axis=0), states)
        if keep is None:
            return outputs, new
        kept = ops.take(keep, t, axis=0)
        return (
            ops.where(kept, outputs, ops.zeros_like(outputs)),
            [ops.where(kept, one, old) for one, old in zip(new, states, strict=True)],
        )

    def body(t, written, states):
        outputs, states = kept_step(t, states)
        return t + 1, ops.slice_update(written, (t, 0, 0), ops.expand_dims(outputs, 0)), states

    # The first step stands before the loop: it shows how wide the outputs are.
    outputs, states = kept_step(ops.cast(0, "int32"), states)
    written = ops.zeros((time, *ops.shape(outputs)), dtype=outputs.dtype)
    written = ops.slice_update(written, (0, 0, 0), ops.expand_dims(outputs, 0))
    start = (ops.cast(1, "int32"), written, states)
    _, written, states = ops.while_loop(lambda t, *_: t < time, body, start)
    return ops.swapaxes(written, 0, 1), states
