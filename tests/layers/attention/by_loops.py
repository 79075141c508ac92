"""The parts of an attention as dull loops over plain numbers, written from the formulas: the second way.

Indices: b row, t query, s key. `weight` holds a part's weights by name.
"""

import numpy as np

__all__ = ["NORMALIZERS", "SCOPES", "SCORES", "SELECTIONS", "attended"]


def _cosine(weight, q, k, s, temperature=0.1):
    lengths = np.sqrt(sum(x * x for x in q)) * np.sqrt(sum(x * x for x in k))
    return sum(x * y for x, y in zip(q, k, strict=True)) / lengths / temperature


SCORES = {
    "dot": lambda weight, q, k, s: sum(x * y for x, y in zip(q, k, strict=True)),
    "scaled_dot": lambda weight, q, k, s: sum(x * y for x, y in zip(q, k, strict=True)) / len(q) ** 0.5,
    "general": lambda weight, q, k, s: sum(
        q[i] * weight["kernel"][i, j] * k[j] for i in range(len(q)) for j in range(len(k))
    ),
    "additive": lambda weight, q, k, s: (
        weight["v"] @ np.tanh(q @ weight["query_kernel"] + k @ weight["key_kernel"])
    ),
    "concat": lambda weight, q, k, s: weight["v"] @ np.tanh(np.concatenate([q, k]) @ weight["kernel"]),
    "cosine": _cosine,
    "location": lambda weight, q, k, s: sum(q[i] * weight["kernel"][i, s] for i in range(len(q))),
}


def _sparsemax(scores):
    """By halving: the threshold lies between the highest score - 1 and the highest."""
    low, high = max(scores) - 1, max(scores)
    for _ in range(100):
        threshold = (low + high) / 2
        if sum(max(score - threshold, 0) for score in scores) > 1:
            low = threshold
        else:
            high = threshold
    return [max(score - high, 0) for score in scores]


NORMALIZERS = {  # of the scores that are kept, at least one
    "softmax": lambda scores: [np.exp(score) / sum(np.exp(other) for other in scores) for score in scores],
    "relu": lambda scores: [max(score, 0) / len(scores) for score in scores],
    "sparsemax": _sparsemax,
}


def _predicted(weight, q, number, window):
    hidden = [np.tanh(sum(q[i] * column[i] for i in range(len(q)))) for column in weight["kernel"].T]
    return number / (1 + np.exp(-sum(v * h for v, h in zip(weight["v"], hidden, strict=True))))


def _gaussian(weight, t, q, s, number):
    window = 2
    center = _predicted(weight, q, number, window)
    return np.exp(-((s - center) ** 2) / (2 * (window / 2) ** 2)) if abs(s - center) <= window else None


SCOPES = {  # the factor of key s for query t, None: out of sight; `number`: how many keys the masks keep
    "global": lambda weight, t, q, s, number: 1.0,
    "causal": lambda weight, t, q, s, number: 1.0 if s <= t else None,
    "windowed": lambda weight, t, q, s, number: 1.0 if t - 2 <= s <= t + 1 else None,  # WindowedScope(2, 1)
    "local_m": lambda weight, t, q, s, number: 1.0 if abs(s - t) <= 1 else None,  # LocalMonotonicScope(1)
    "local_p": _gaussian,  # LocalPredictiveScope(2)
}


def _hard(weights):
    """All of it on the first highest, if any is above 0."""
    best = None
    for s, weight in enumerate(weights):
        if weight > 0 and (best is None or weight > weights[best]):
            best = s
    return [1.0 if s == best else 0.0 for s in range(len(weights))]


SELECTIONS = {"soft": lambda weights: weights, "hard": _hard}  # at inference


def attended(score, normalizer, scope, selection, query, key, value, keep, positions=None):
    """weights `(B, T, S)` and context `(B, T, Dv)`.

    Args:
        score: `(q, k, s) -> number`.
        normalizer: numbers -> numbers.
        scope: `(t, q, s, number) -> factor or None`.
        selection: numbers -> numbers.
        query, key, value, keep: arrays `(B, T, Dq)`, `(B, S, Dk)`, `(B, S, Dv)`, `(B, T, S)`.
        positions: where the queries stand, `(B, T)`; None: at 0 … T-1.
    """
    batch, queries, keys = keep.shape
    weights, context = np.zeros(keep.shape), np.zeros((batch, queries, value.shape[-1]))
    for b in range(batch):
        for t in range(queries):
            q, position = query[b, t], t if positions is None else positions[b][t]
            number = sum(keep[b, t])
            factors = {s: scope(position, q, s, number) for s in range(keys) if keep[b, t, s]}
            seen = [s for s, factor in factors.items() if factor is not None]
            if not seen:
                continue
            shares = normalizer([score(q, key[b, s], s) for s in seen])
            for s, share in zip(seen, shares, strict=True):
                weights[b, t, s] = share * factors[s]
            weights[b, t] = selection(list(weights[b, t]))
            for s in seen:
                context[b, t] += weights[b, t, s] * value[b, s]
    return weights, context
