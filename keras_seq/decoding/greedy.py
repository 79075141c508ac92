"""The likeliest token at every step."""

from keras import ops

from keras_seq.decoding.decoded import Decoded, decoded
from keras_seq.decoding.following import follow
from keras_seq.ops.picking import likeliest

__all__ = ["greedy", "one_likeliest"]


def greedy(
    step, cache, batch_size, *, max_length, start_id, end_id, limits=None, source_length=None
) -> Decoded:
    """token_t = argmax_v p(v | token_0 … token_{t-1}), until the end symbol.

    Of equally likely tokens the one with the lowest id. The same as `beam_search` of width 1 without
    penalties.

    Args:
        step: asks the model; see `keras_seq.decoding`.
        cache: what the model remembers before the first step, for B rows.
        batch_size: B, an int or an int32 scalar.
        max_length: L, at most so many steps, the end symbol's among them; an int or an int32 scalar.
        start_id: the symbol before the first token.
        end_id: the symbol that ends a hypothesis.
        limits: int `(B,)`, at most so many steps for each row; None: max_length.
        source_length: S, an int or an int32 scalar: then the weights of the steps, which must give some, are
            kept and given; None: they are not.

    Returns:
        `Decoded` of one hypothesis a row. Its score is log p = Σ_t log p(token_t | …), the end symbol's too;
        one that has not ended within its limit is given as far as it came.

    Raises:
        InputError: max_length below 1.

    Cost: as many steps as the longest row takes, and a pass over `(B, V)` for each.

    Example: a model that says 3, 2, 1 and ends with 0.

    >>> from keras import ops
    >>> def count_down(token_ids, cache, t):
    ...     return ops.log(ops.one_hot(token_ids - 1, 5) * 0.9 + 0.02), None, cache
    >>> found = greedy(count_down, (), 1, max_length=6, start_id=4, end_id=0)
    >>> found.token_ids.numpy().tolist(), found.lengths.numpy().tolist()
    ([[[3, 2, 1, 0, 0, 0]]], [[3]])
    """
    written, scores, weights = follow(
        lambda logits, t: one_likeliest(logits),
        step,
        cache,
        batch_size,
        max_length=max_length,
        start_id=start_id,
        end_id=end_id,
        limits=limits,
        source_length=source_length,
    )
    return decoded(ops.expand_dims(written, 1), ops.expand_dims(scores, 1), weights)


def one_likeliest(logits):
    """The best token of each row and its log-probability: `(N, V)` -> int32 `(N,)`, `(N,)`."""
    log_probs, token_ids = likeliest(logits, 1)  # no argmax: it is no builtin of LiteRT
    return ops.squeeze(token_ids, -1), ops.squeeze(log_probs, -1)
