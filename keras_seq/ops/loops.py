"""Loops over time with the way back written out: what they are made of. Time comes first: `(T, B, …)`."""

import keras
from keras import ops

__all__ = ["previous", "scan", "sum_of_rows", "swap_batch_and_time", "weight_gradients"]


def scan(step, initial, inputs, reverse=False):
    """results = step(results, inputs[t]) for every t; all results, each `(T, B, …)`.

    Under TensorFlow `ops.scan` wants one structure for what is carried and what is collected: all results are
    both.

    Args:
        step: `(results, inputs) -> results`.
        initial: nested tensors `(B, …)`, the results before the first step.
        inputs: nested tensors `(T, B, …)`.
        reverse: from the last step to the first.
    """

    # Over t rather than over the inputs: under TensorFlow, Keras 3.15.1 raises an AttributeError for several
    # inputs of unknown length.
    def body(results, t):
        results = step(results, keras.tree.map_structure(lambda each: ops.take(each, t, axis=0), inputs))
        return results, results

    time = ops.shape(keras.tree.flatten(inputs)[0])[0]
    return ops.scan(body, initial, ops.arange(time, dtype="int32"), reverse=reverse)[1]


def weight_gradients(inputs, d_outputs):
    """For outputs = inputs W + b over all steps: dW = inputsᵀ d_outputs, db = sum of d_outputs."""
    return ops.matmul(ops.transpose(_rows(inputs)), _rows(d_outputs)), sum_of_rows(d_outputs)


def sum_of_rows(sequence):
    """Over all steps and the batch: `(T, B, D)` -> `(D,)`."""
    rows = _rows(sequence)
    # The sum as a product: several times faster than ops.sum over the rows in TensorFlow.
    return ops.matmul(ops.transpose(ops.ones_like(rows[:, :1])), rows)[0]


def previous(states, initial_state):
    """The state before each step `(T, B, U)`."""
    return ops.concatenate([ops.expand_dims(initial_state, 0), states[:-1]], axis=0)


def swap_batch_and_time(x):
    """`(B, T, D)` -> `(T, B, D)`, and back."""
    return ops.transpose(x, (1, 0, 2))


def _rows(sequence):
    return ops.reshape(sequence, (-1, sequence.shape[-1]))
