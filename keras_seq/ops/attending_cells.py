"""One step of a recurrence that attends, and its way back: Luong's and Bahdanau's.

Luong:               state_t = cell([x_t ; answer_{t-1}], state_{t-1})         context_t = attend(h_t)
                     answer_t = tanh([context_t ; h_t] W_c)
without feeding:     state_t = cell(x_t, state_{t-1})                          context_t = attend(h_t)
Bahdanau:            state_t = cell([x_t ; context_t], state_{t-1})            context_t = attend(h_{t-1})

Each is made of a `RecurrentCell` and tensors by name:

    the weights of the cell, as in `keras_seq.ops.recurrent_cells`; the kernel has D rows for the inputs and
        below them those for what the cell reads besides,
    answer_kernel: W_c `(Dv + U, A)`,
    memory: a dict, as in `keras_seq.ops.attention_steps`,
    first: what is carried before the first step, a dict: `states`, a tuple of `(B, U)`; Luong's `answer`
        `(B, A)`.

The results of a step are a dict: what is `carried` to the next, what the cell `saved` for the way back, and
what was `found`. Those of a step back: the derivatives by what was carried to it, and what is summed up after
the loop. Shapes: `(B, …)` in a step, `(T, B, …)` over all steps. A "d" before a name is the derivative of the
loss by it.
"""

import keras
from keras import ops

from keras_seq.ops.attention_steps import (
    attend,
    attend_back,
    memory_gradients,
    nothing_found,
    nothing_to_sum,
)
from keras_seq.ops.loops import previous, weight_gradients
from keras_seq.ops.recurrent_cells import backwards, cell_gradients, forwards, nothing_summed

__all__ = ["Bahdanau", "Luong", "Unfed"]


class _Attending:
    """What all have in common: the cell, and the sums behind the loop."""

    def __init__(self, cell, tensors, input_width):
        self.cell, self.tensors, self.memory = cell, tensors, tensors["memory"]
        kernel = tensors["kernel"]
        self.input_kernel, self.read_kernel = kernel[:input_width], kernel[input_width:]

    def nothing_done(self):
        """What stands for the results before the first step."""
        first = self.tensors["first"]
        saved = (ops.zeros_like(first["states"][0]),) * self.cell.number_saved
        return {"carried": first, "saved": saved, "found": nothing_found(self.memory)}

    def nothing_gone_back(self):
        """What stands for the results behind the last step, on the way back."""
        first = self.tensors["first"]
        return {
            "carried": keras.tree.map_structure(ops.zeros_like, first),
            "sums": nothing_summed(self.cell, first["states"][0]),
            "memory": nothing_to_sum(self.memory),
        }

    def cell_step(self, states, projected, read=None):
        """The new states, and what is saved."""
        if read is not None:
            projected = projected + ops.matmul(read, self.read_kernel)
        results = forwards(self.cell, self.tensors)(states, projected)
        return results[: len(states)], results[len(states) :]

    def cell_back(self):
        """`(d_states, before, results) -> d_sums, d_states before`."""
        back = backwards(self.cell, self.tensors)

        def cell_back(d_states, before, results):
            return back(d_states, before["states"], (*results["carried"]["states"], *results["saved"]))

        return cell_back

    def gradients(self, inputs, results, back):
        """Those of all tensors and of the inputs, by name, from all steps."""
        before = self.before(results)
        states, read = self.attending(before, results), self.read(before, results)
        given = inputs if read is None else _beside(inputs, read)
        return {
            "inputs": ops.matmul(back["sums"][0], ops.transpose(self.input_kernel)),
            "first": keras.tree.map_structure(lambda each: each[0], back["carried"]),
            "memory": memory_gradients(states, results["found"], back["memory"], self.memory),
            **cell_gradients(self.tensors, given, before["states"][0], back["sums"]),
        }

    def before(self, results):
        """What was carried to each step."""
        return keras.tree.map_structure(previous, results["carried"], self.tensors["first"])


class Luong(_Attending):
    """With input feeding: the answer is carried on."""

    def step(self, before, projected):
        (h, *others), saved = self.cell_step(before["states"], projected, before["answer"])
        found = attend(h, self.memory)
        answer = ops.tanh(ops.matmul(_beside(found["context"], h), self.tensors["answer_kernel"]))
        return {"carried": {"states": (h, *others), "answer": answer}, "saved": saved, "found": found}

    def way_back(self):
        cell_back, read_transposed = self.cell_back(), ops.transpose(self.read_kernel)
        answer_transposed = ops.transpose(self.tensors["answer_kernel"])
        width = self.memory["value"].shape[-1]

        def back(d_carried, d_found, before, results):
            answer, (dh, *others) = results["carried"]["answer"], d_carried["states"]
            d_answer_sum = d_carried["answer"] * (1 - answer * answer)
            d_both = ops.matmul(d_answer_sum, answer_transposed)  # [context ; h]
            d_context, dh = d_found["context"] + d_both[:, :width], dh + d_both[:, width:]
            d_query, sums = attend_back(d_context, d_found["weights"], results["found"], self.memory)
            d_sums, d_states = cell_back((dh + d_query, *others), before, results)
            d_carried = {"states": d_states, "answer": ops.matmul(d_sums[0], read_transposed)}
            return {"carried": d_carried, "sums": d_sums, "memory": sums, "answer_sum": d_answer_sum}

        return back

    def nothing_gone_back(self):
        return {**super().nothing_gone_back(), "answer_sum": ops.zeros_like(self.tensors["first"]["answer"])}

    def gradients(self, inputs, results, back):
        given = _beside(results["found"]["context"], results["carried"]["states"][0])
        d_answer_kernel, _ = weight_gradients(given, back["answer_sum"])
        return {**super().gradients(inputs, results, back), "answer_kernel": d_answer_kernel}

    def attending(self, before, results):
        return results["carried"]["states"][0]

    def read(self, before, results):
        return before["answer"]


class Unfed(_Attending):
    """Luong's without input feeding; the answers, which no step reads, are made of all steps at once."""

    def step(self, before, projected):
        states, saved = self.cell_step(before["states"], projected)
        found = attend(states[0], self.memory)
        return {"carried": {"states": states}, "saved": saved, "found": found}

    def way_back(self):
        cell_back = self.cell_back()

        def back(d_carried, d_found, before, results):
            dh, *others = d_carried["states"]
            d_query, sums = attend_back(d_found["context"], d_found["weights"], results["found"], self.memory)
            d_sums, d_states = cell_back((dh + d_query, *others), before, results)
            return {"carried": {"states": d_states}, "sums": d_sums, "memory": sums}

        return back

    def attending(self, before, results):
        return results["carried"]["states"][0]

    def read(self, before, results):
        return None


class Bahdanau(_Attending):
    """The state before attends, and the cell reads the context."""

    def step(self, before, projected):
        found = attend(before["states"][0], self.memory)
        states, saved = self.cell_step(before["states"], projected, found["context"])
        return {"carried": {"states": states}, "saved": saved, "found": found}

    def way_back(self):
        cell_back, read_transposed = self.cell_back(), ops.transpose(self.read_kernel)

        def back(d_carried, d_found, before, results):
            d_sums, (dh, *others) = cell_back(d_carried["states"], before, results)
            d_context = d_found["context"] + ops.matmul(d_sums[0], read_transposed)
            d_query, sums = attend_back(d_context, d_found["weights"], results["found"], self.memory)
            return {"carried": {"states": (dh + d_query, *others)}, "sums": d_sums, "memory": sums}

        return back

    def attending(self, before, results):
        return before["states"][0]

    def read(self, before, results):
        return results["found"]["context"]


def _beside(one, other):
    return ops.concatenate([one, other], axis=-1)
