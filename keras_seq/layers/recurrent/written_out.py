"""Attention cells whose recurrence is written out in `keras_seq.ops`, with its way back; and their run."""

import keras
from keras import ops

from keras_seq.layers.attention import scores
from keras_seq.layers.attention.scopes import GlobalScope
from keras_seq.layers.attention.selections import SoftSelection
from keras_seq.layers.attention.sequential_attention import SequentialAttention
from keras_seq.layers.recurrent.bahdanau_cell import BahdanauCell
from keras_seq.layers.recurrent.luong_cell import LuongCell
from keras_seq.ops import attending_cells, attention_recurrence, masking, normalizers, recurrent_cells

__all__ = ["is_written_out", "run"]

_CELLS = {
    keras.layers.LSTMCell: recurrent_cells.LSTM,
    keras.layers.GRUCell: recurrent_cells.GRU,
    keras.layers.SimpleRNNCell: recurrent_cells.SIMPLE_RNN,
}
# What becomes of the query, of a score against prepared keys: see `keras_seq.ops.attention_steps`.
_SCORES = {
    scores.AdditiveScore: lambda score: {"query_kernel": score.query_kernel, "v": score.v},
    scores.ConcatScore: lambda score: {"query_kernel": score.kernel[: score.query_width], "v": score.v},
    scores.GeneralScore: lambda score: {},
    scores.DotScore: lambda score: {},
    scores.ScaledDotScore: lambda score: {},
}


def is_written_out(cell):
    """Whether `run` knows every formula of an `AttentionCell`.

    A class derived from ours or from Keras' may have a formula of its own. Half precision is not written out:
    there what a step hands to the next is wider than what it computes with.
    """
    inner, attention = cell.cell, cell.attention
    layers = [cell, inner, attention, attention.score]
    return (
        type(cell) in (BahdanauCell, LuongCell)
        and _is_plain(inner)
        and not isinstance(attention, SequentialAttention)
        and type(attention.score) in _SCORES
        and attention.normalizer is normalizers.softmax
        and type(attention.scope) is GlobalScope
        and type(attention.selection) is SoftSelection
        and (type(cell) is BahdanauCell or cell.answer.quantization_mode is None)
        and len({layer.compute_dtype for layer in layers}) == 1
        and cell.compute_dtype in ("float32", "float64")
    )


def _is_plain(inner):
    """Whether a cell is one of Keras' own with its default formula, and drops nothing."""
    return (
        type(inner) in _CELLS
        and inner.use_bias
        and inner.activation is keras.activations.tanh
        and getattr(inner, "recurrent_activation", keras.activations.sigmoid) is keras.activations.sigmoid
        and getattr(inner, "reset_after", True)
        and not inner.dropout
        and not inner.recurrent_dropout
    )


def run(cell, inputs, states, prepared, inputs_mask=None):
    """All steps of a cell that is written out, as `over_steps` of `cell.step` gives them.

    Args:
        cell: an `AttentionCell`, built.
        inputs: `(B, T, D)`.
        states: a list, from `cell.get_initial_state`.
        prepared: what `cell.prepare` gave.
        inputs_mask: bool `(B, T)`, or None.

    Returns:
        outputs `(B, T, output_size)` and weights `(B, T, S)`, zeros on padding; the states after the last
        kept step, a list.
    """
    kind = _kind(cell)
    inputs = masking.zero_masked(ops.cast(inputs, cell.compute_dtype), inputs_mask)
    tensors = {**_of_cell(cell), "memory": _memory(cell.attention.score, prepared)}
    states = [ops.cast(state, cell.compute_dtype) for state in keras.tree.flatten(states)]
    number = _CELLS[type(cell.cell)].number_of_states
    tensors["first"] = {"states": tuple(states[:number])}
    if kind is attending_cells.Luong:
        tensors["first"]["answer"] = states[number]
        tensors["answer_kernel"] = cell.answer.kernel
    # Tensors, not variables: a gradient written by hand is given for what a function takes.
    tensors = keras.tree.map_structure(lambda each: ops.copy(ops.cast(each, cell.compute_dtype)), tensors)
    carried, contexts, weights = attention_recurrence.run(
        kind, _CELLS[type(cell.cell)], inputs, tensors, inputs_mask
    )
    outputs = _outputs(cell, carried, contexts)
    last = [
        each[:, -1] for each in (*carried["states"], *([carried["answer"]] if "answer" in carried else []))
    ]
    return masking.zero_masked(outputs, inputs_mask), masking.zero_masked(weights, inputs_mask), last


def _kind(cell):
    if isinstance(cell, BahdanauCell):
        return attending_cells.Bahdanau
    return attending_cells.Luong if cell.input_feeding else attending_cells.Unfed


def _of_cell(cell):
    inner = cell.cell
    weights = {"kernel": inner.kernel, "recurrent_kernel": inner.recurrent_kernel, "bias": inner.bias}
    if isinstance(inner, keras.layers.GRUCell):
        weights |= {"bias": inner.bias[0], "recurrent_bias": inner.bias[1]}
    return weights


def _memory(score, prepared):
    memory = {"key": prepared.key, "value": prepared.value, **_SCORES[type(score)](score)}
    if isinstance(score, scores.ScaledDotScore):
        memory["key"] = prepared.key * prepared.key.shape[-1] ** -0.5
    for name, each in (("keep", prepared.keep), ("dropped", prepared.dropped)):
        if each is not None:
            memory[name] = ops.squeeze(each, 1)  # (B, S)
    return memory


def _outputs(cell, carried, contexts):
    if "answer" in carried:
        return carried["answer"]
    h = carried["states"][0]
    if isinstance(cell, LuongCell):
        return cell.answer(ops.concatenate([contexts, h], axis=-1))
    return ops.concatenate([h, contexts], axis=-1) if cell.output_context else h
