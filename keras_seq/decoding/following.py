"""One hypothesis a row: each step chooses one token, and nothing is taken back."""

import keras
from keras import ops

from keras_seq.decoding import looking
from keras_seq.decoding.carrying import asked, fitted, row_limits

__all__ = ["follow"]


def follow(choose, step, cache, rows, *, max_length, start_id, end_id, limits=None, source_length=None):
    """token_t = choose(logits of p(· | token_0 … token_{t-1}), t), until a row's end symbol or limit.

    Args:
        choose: `(logits (N, V), t) -> (token_ids int32 (N,), their log-probabilities (N,))`.
        step, cache, max_length, start_id, end_id, limits, source_length: as in `greedy`; limits `(N,)`.
        rows: N, an int or an int32 scalar.

    Returns:
        What was written, int32 `(N, L)`, -1 behind the last token; scores float32 `(N,)`: sums of the
        chosen tokens' log-probabilities; weights `(N, L, S)`, or None without source_length.
    """
    limits = row_limits(limits, rows, max_length)
    leaves = [ops.convert_to_tensor(each) for each in keras.tree.flatten(cache)]
    # They stay as they are: asked once, not at every step.
    shapes = [ops.shape(each) for each in leaves]
    positions = ops.expand_dims(ops.arange(max_length, dtype="int32"), 1)  # (L, 1)

    looked = looking.nothing_looked_at(rows, max_length, 1, source_length)

    def goes_on(t, token_ids, done, *_):
        return ops.logical_and(t < max_length, ops.logical_not(ops.all(done)))

    def body(t, token_ids, done, scores, written, leaves, looked):
        logits, weights, after = asked(step, token_ids, leaves, cache, t)
        chosen, gains = choose(logits, t)
        scores = scores + ops.where(done, 0.0, gains)
        is_end = chosen == end_id
        here = ops.logical_and(positions == t, ops.logical_not(ops.logical_or(done, is_end)))  # (L, N)
        done = ops.logical_or(ops.logical_or(done, is_end), t + 1 >= limits)
        token_ids = ops.where(done, end_id, chosen)  # what a finished row is asked does not matter
        leaves = [fitted(new, shape) for new, shape in zip(after, shapes, strict=True)]
        looked = [looking.with_weights(each, weights, 1, t) for each in looked]
        return t + 1, token_ids, done, scores, ops.where(here, chosen, written), leaves, looked

    nothing = ops.zeros((rows,), dtype="int32")
    start = (
        ops.cast(0, "int32"),
        nothing + start_id,
        limits <= 0,
        ops.cast(nothing, "float32"),
        ops.zeros((max_length, rows), dtype="int32") - 1,  # -1: nothing written
        leaves,
        looked,
    )
    _, _, _, scores, written, _, looked = ops.while_loop(goes_on, body, start)
    # Not the loop's own results: LiteRT in browsers hands those out before they are written.
    written, scores = ops.transpose(written), ops.minimum(scores, 0.0)
    return written, scores, looking.weights_of(*looked, written, 1) if looked else None
