"""One query that attends, and its way back: what loops over attending cells are made of.

    query   = state W_q                       of an additive score; of a dot product the state itself
    scores  = v · tanh(query + key_s)         or query · key_s
    weights = softmax(scores) over what is kept
    context = Σ_s dropped_s weights_s value_s

Shapes: B batch, S memory, D width of a state, U of a query and its keys, Dv of values; state `(B, D)`, query
`(B, U)`, weights and scores `(B, S)`, context `(B, Dv)`; in the sums over all steps time comes first. A "d"
before a name is the derivative of the loss by it. A `memory` is a dict of tensors:

    key `(B, S, U)`, value `(B, S, Dv)`,
    query_kernel W_q `(D, U)` and v `(U,)`: of an additive score; without them it is a dot product,
    keep `(B, S)`: above 0 where a key is kept; none keeps all,
    dropped `(B, S)`: factors of a dropout; none drops nothing.
"""

from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.additive_blocks import key_slopes
from keras_seq.ops.loops import sum_of_rows, weight_gradients

__all__ = ["attend", "attend_back", "memory_gradients", "nothing_found", "nothing_to_sum"]


def nothing_found(memory):
    """Zeros of the structure that `attend` gives."""
    key, value = memory["key"], memory["value"]
    parts = {"query": key[:, 0], "weights": key[:, :, 0], "context": value[:, 0]}
    return {name: ops.zeros_like(each) for name, each in parts.items()}


def nothing_to_sum(memory):
    """Zeros of the structure of the dict that `attend_back` gives."""
    zeros = nothing_found(memory)
    parts = {"context": zeros["context"], "scores": zeros["weights"]}
    return {**parts, "query": zeros["query"], "v": zeros["query"]} if _is_additive(memory) else parts


def attend(state, memory):
    """What a step finds: a dict of query, weights and context."""
    if _is_additive(memory):
        query = ops.matmul(state, memory["query_kernel"])
        scores = ops.sum(_hidden(query, memory) * memory["v"], axis=-1)
    else:
        query = state
        scores = _rows(query, ops.swapaxes(memory["key"], 1, 2))
    weights = masking.masked_softmax(scores, memory["keep"] > 0 if "keep" in memory else None)
    return {"query": query, "weights": weights, "context": _rows(_kept(weights, memory), memory["value"])}


def attend_back(d_context, d_weights, found, memory):
    """From what `attend` found: d_state `(B, D)`, and a dict of what `memory_gradients` sums up."""
    weights = found["weights"]
    d_kept = _rows(d_context, ops.swapaxes(memory["value"], 1, 2))
    d_weights = d_weights + _kept(d_kept, memory)
    d_scores = weights * (d_weights - ops.sum(weights * d_weights, axis=-1, keepdims=True))
    by = {"context": d_context, "scores": d_scores}
    if _is_additive(memory):
        hidden = _hidden(found["query"], memory)
        by["v"] = _rows(d_scores, hidden)
        # Σ d - Σ d hidden²: the 1 is not written for each hidden unit.
        slopes = ops.sum(d_scores, axis=1, keepdims=True) - _rows(d_scores, hidden * hidden)
        by["query"] = slopes * memory["v"]
        return ops.matmul(by["query"], ops.transpose(memory["query_kernel"])), by
    return _rows(d_scores, memory["key"]), by


def memory_gradients(states, found, by, memory):
    """Of all tensors of the memory, by name, from all steps, `(T, B, …)`."""
    gradients = {name: ops.zeros_like(each) for name, each in memory.items()}  # mask and factors: constants
    gradients["value"] = _sum_of_steps(_kept(found["weights"], memory), by["context"])
    if _is_additive(memory):
        gradients["query_kernel"], _ = weight_gradients(states, by["query"])
        gradients["v"] = sum_of_rows(by["v"])
        query, d_scores = (ops.swapaxes(each, 0, 1) for each in (found["query"], by["scores"]))
        gradients["key"] = key_slopes(query, memory["key"], d_scores) * memory["v"]
    else:
        gradients["key"] = _sum_of_steps(by["scores"], found["query"])
    return gradients


def _is_additive(memory):
    return "query_kernel" in memory


def _hidden(query, memory):
    return ops.tanh(ops.expand_dims(query, 1) + memory["key"])  # (B, S, U)


def _kept(weights, memory):
    return weights * memory["dropped"] if "dropped" in memory else weights


def _rows(rows, matrices):
    """A row of each batch by its matrix: `(B, S)` and `(B, S, D)` -> `(B, D)`."""
    return ops.squeeze(ops.matmul(ops.expand_dims(rows, 1), matrices), 1)


def _sum_of_steps(weights, vectors):
    """Σ_t weights_ts vectors_t: `(T, B, S)` and `(T, B, D)` -> `(B, S, D)`."""
    return ops.matmul(ops.transpose(weights, (1, 2, 0)), ops.transpose(vectors, (1, 0, 2)))
