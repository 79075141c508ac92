import contextlib
import copy
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.scopes import GlobalScope
from keras_seq.layers.attention.selections import HardSelection
from keras_seq.layers.attention.sequential_attention import SequentialAttention
from keras_seq.ops import masking


class PreparedMemory(NamedTuple):
    """What a cell attends to, made once a call by `cell.prepare`; read by every step.

    value: `(B, S, Dv)`, zeros on padding.
    key: what the attention's score made of it.
    keep: bool `(B, 1, S)`, or None: nothing is masked.
    dropped: factors `(B, 1, S)` of the attention's dropout, or None: nothing is dropped.
    noise: `(B, 1, S)`, random numbers for one step of training, or None; see `AttentionCell.noise`.
    """

    value: Any
    key: Any
    keep: Any = None
    dropped: Any = None
    noise: Any = None


class AttentionCell(keras.layers.Layer):
    """A recurrent cell whose step attends to a memory: what `BahdanauCell` and `LuongCell` share.

    One step, as a decoder takes it:

        prepared = cell.prepare(memory, memory_mask)                 once
        states = cell.get_initial_state(prepared)
        outputs, weights, states = cell.step(inputs, states, prepared)

    States are a list: those of the inner cell first, as it has them, then what the attention carries
    from step to step.

    Args:
        cell: any Keras cell: `LSTMCell`, `GRUCell`, `SimpleRNNCell`, `StackedRNNCells`, `ElmanCell`, …
        attention: a score by name, or an `Attention`.
    """

    def __init__(self, cell, attention, **kwargs):
        super().__init__(**kwargs)
        if isinstance(cell, dict):
            cell = keras.saving.deserialize_keras_object(copy.deepcopy(cell))  # stacked cells empty theirs
        # A whole layer, keras.layers.GRU say, has a state_size too.
        if not hasattr(cell, "state_size") or not callable(cell) or isinstance(cell, keras.layers.RNN):
            raise ValueError(
                "cell must be a recurrent cell, as keras.layers.LSTMCell is: callable, with a state_size. "
                f"Received: cell={cell!r}"
            )
        if isinstance(attention, dict):
            attention = keras.saving.deserialize_keras_object(attention)
        if not isinstance(attention, Attention):
            attention = Attention(score=attention, dtype=self.dtype_policy)
        self.cell = cell
        self.attention = attention

    @property
    def output_size(self):
        """Width of the outputs."""
        return self._inner_size

    @property
    def state_size(self):
        """Widths of the inner cell's states."""
        return self.cell.state_size

    @property
    def _inner_size(self):
        """U: width of the inner cell's outputs."""
        size = getattr(self.cell, "output_size", None)
        return keras.tree.flatten(self.cell.state_size)[0] if size is None else size

    def _build(self, inner_width, memory_shape):
        """Build the inner cell for steps `inner_width` wide, and the attention."""
        if not self.cell.built:  # it is, when loaded from a file
            self.cell.build((None, inner_width))
            self.cell.built = True
        if not self.attention.built:
            self.attention.build((None, 1, self._inner_size), memory_shape)
        self.inner_width = inner_width
        self.built = True

    def prepare(self, memory, memory_mask=None):
        """What all steps share: memory `(B, S, Dv)` and its mask `(B, S)` -> a `PreparedMemory`."""
        if memory_mask is not None:
            memory_mask = masking.boolean("memory_mask", memory_mask)
        value = masking.zero_masked(ops.cast(memory, self.compute_dtype), memory_mask)
        key = ops.cast(self.attention.score.prepare(value), self.compute_dtype)
        keep = masking.attention_mask(value_mask=memory_mask)
        dropped = None
        if self.attention.dropout:
            # Drawn once a call, as recurrent dropout is: the same keys are dropped at every step.
            dropped = self.attention.weights_dropout(ops.ones_like(value[:, :, :1]))
            dropped = ops.swapaxes(dropped, 1, 2)
        return PreparedMemory(value, key, keep, dropped)

    def get_initial_state(self, prepared):
        """The states before the first step: zeros, and where the attention begins."""
        batch_size, length = ops.shape(prepared.value)[0], ops.shape(prepared.value)[1]
        inner = self.cell.get_initial_state(batch_size)
        return [*_listed(inner), *self._fed(batch_size), *self._attention_states(batch_size, length)]

    def state_widths(self, length):
        """Widths of all states, flat, for a memory of this length."""
        fed = [self.output_size for _ in self._fed(1)]
        attention = [length if self._is_sequential else 1 for _ in self._attention_states(1, 1)]
        return [*keras.tree.flatten(self.cell.state_size), *fed, *attention]

    def step(self, inputs, states, prepared):
        """One step.

        Args:
            inputs: `(B, D)`.
            states: a list, from `get_initial_state` or the step before.
            prepared: what `prepare` gave.

        Returns:
            outputs `(B, output_size)`, weights `(B, S)`, states.
        """
        raise NotImplementedError(f"{type(self).__name__} must define step(inputs, states, prepared)")

    def noise(self, inputs, memory):
        """What T steps of training draw at random, `(B, T, S)`, drawn before their loop; None: nothing."""
        shape = (ops.shape(inputs)[0], ops.shape(inputs)[1], ops.shape(memory)[1])
        with choosing.attending(self.attention, inputs, memory, in_order=True):
            return (self.attention if self._is_sequential else self.attention.selection).noise(shape)

    @property
    def chooses(self):
        """Whether the attention chooses keys."""
        return not self._is_sequential and isinstance(self.attention.selection, HardSelection)

    @property
    def has_loss(self):
        """Whether the attention has a loss of its weights."""
        return self._is_sequential and self.attention.has_loss

    @contextlib.contextmanager
    def dropout_drawn_once(self, prepared, states):
        """Inside, the inner cell drops the same at every step: it is drawn here, and not in a loop."""
        cells = [
            each for each in getattr(self.cell, "cells", [self.cell]) if hasattr(each, "reset_dropout_mask")
        ]
        try:
            if any(each.dropout or each.recurrent_dropout for each in cells):
                batch_size = ops.shape(prepared.value)[0]
                inner, _ = self._split(states)
                self.cell(ops.zeros((batch_size, self.inner_width), self.compute_dtype), inner)
            yield
        finally:
            for each in cells:
                each.reset_dropout_mask()
                each.reset_recurrent_dropout_mask()

    @property
    def _is_sequential(self):
        return isinstance(self.attention, SequentialAttention)

    def _fed(self, batch_size):
        """What the step reads of its last output, before there is one: a list of a tensor, or of none."""
        return []

    def _attention_states(self, batch_size, length):
        """What the attention carries from step to step: a list of a tensor, or of none."""
        if self._is_sequential:
            return [self.attention.initial_alignment(batch_size, length)]
        if isinstance(self.attention.scope, GlobalScope):
            return []
        return [ops.zeros((batch_size, 1), "float32")]  # the position of the step

    def _split(self, states):
        """The states of the inner cell, and the others."""
        number = len(_listed(self.cell.state_size))
        return list(states[:number]), list(states[number:])

    def _query(self, inner):
        """The last output `(B, U)` of the inner cell, out of its states."""
        if isinstance(self.cell, keras.layers.StackedRNNCells):
            inner = _listed(inner[-1])
        return ops.cast(inner[0], self.compute_dtype)

    def _attend(self, query, states, prepared):
        """query `(B, U)` -> context `(B, Dv)`, weights `(B, S)`, what the attention carries on."""
        query = ops.expand_dims(query, 1)  # (B, 1, U)
        if self._is_sequential:
            weights, alignment = self.attention.align(
                query, prepared.key, prepared.keep, *states, noise=prepared.noise
            )
            states = [alignment]
        else:
            keep, factor = self.attention.scope(
                query, prepared.value, keep=prepared.keep, query_positions=states[0] if states else None
            )
            weights = self.attention.normalizer(self.attention.score(query, prepared.key), keep)
            weights = weights if factor is None else weights * factor
            drawn = {} if prepared.noise is None else {"noise": prepared.noise}
            with choosing.attending(self.attention, query, prepared.value):
                weights = self.attention.selection(weights, **drawn)
            states = [position + 1 for position in states]
        weights = ops.cast(weights, self.compute_dtype)  # (B, 1, S)
        kept = weights if prepared.dropped is None else weights * prepared.dropped
        context = ops.matmul(kept, prepared.value)  # (B, 1, Dv)
        return ops.squeeze(context, 1), ops.squeeze(weights, 1), states

    def get_config(self):
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.cell),
            "attention": keras.saving.serialize_keras_object(self.attention),
        }


def _listed(states):
    return list(states) if isinstance(states, (list, tuple)) else [states]
