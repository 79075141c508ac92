"""The best of many hypotheses, of which each step keeps the K best."""

import math
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_seq.decoding import looking, penalties
from keras_seq.decoding.carrying import asked, fitted, row_limits
from keras_seq.decoding.decoded import NO_HYPOTHESIS, Decoded, decoded
from keras_seq.decoding.narrowing import are_many, narrowing
from keras_seq.errors import InputError
from keras_seq.ops import masking
from keras_seq.ops.exporting import is_for_export
from keras_seq.ops.picking import copied, likeliest, pick, taken

__all__ = ["beam_search"]


def beam_search(
    step,
    cache,
    batch_size,
    *,
    beam_width,
    max_length,
    start_id,
    end_id,
    limits=None,
    length_penalty=0.0,
    coverage_penalty=0.0,
    value_mask=None,
    n_best=1,
    patience=None,
    source_length=None,
    branch=copied,
    reorder=taken,
) -> Decoded:
    """The hypotheses with the highest score that a beam of K finds.

        score(Y) = log p(Y) / ((5 + |Y|) / 6)^length_penalty
                   + coverage_penalty · Σ_s log(min(Σ_t weights_ts, 1))

    |Y| counts the tokens, the end symbol too. Each step continues K unfinished hypotheses, all equally long,
    by every token. Of the continuations, the K likeliest that do not end go on; those that end, if they are
    among the K likeliest of all, are set aside with their score and not lost any more. A row's search is over
    when its limit is reached, or no unfinished hypothesis can beat the worst of its n_best finished ones:

        log p(so far) / max(((5 + |Y|) / 6)^length_penalty, |Y| from the next step to the limit) ≤ that score

    since log p can only fall and the second term is 0 at best. With `patience`, it is over too once
    patience · K hypotheses have ended, n_best at least: sooner, and a better one may be missed.
    B batch, K beam_width, S source length, V vocabulary, L max_length, n n_best.

    Args:
        step: asks the model; see `keras_seq.decoding`.
        cache: what the model remembers before the first step, for B rows: all begin with one hypothesis. All
            that `step` knows of a row is in it.
        batch_size: B, an int or an int32 scalar.
        beam_width: K.
        max_length: L, at most so many steps, the end symbol's among them; an int or an int32 scalar.
        start_id: the symbol before the first token.
        end_id: the symbol that ends a hypothesis.
        limits: int `(B,)`, at most so many steps for each row; None: max_length.
        length_penalty: alpha of Wu et al.: 0 none, so that short hypotheses win; 1 about the mean of a token.
        coverage_penalty: beta of Wu et al., 0 or more; it needs the weights of the step.
        value_mask: bool `(B, S)`, True = keep: what the weights are over; needed with coverage_penalty.
        n_best: how many hypotheses of each row to give, at most K.
        patience: 1 is what other programs do; None: search on while any hypothesis can still be better.
        source_length: S, an int or an int32 scalar: then the weights of the steps, which must give some, are
            kept and given; None: they are not.
        branch: `(cache of B rows, K) -> cache of B·K`, the K of a row side by side; as it is, K copies of
            every tensor's rows. A tensor in it may also stay one of B rows, which their K share.
        reorder: `(cache, rows int32 (N,)) -> cache`, where row n goes on from what was row `rows[n]`, a
            hypothesis of the same b; as it is, takes these rows of every tensor.

    Returns:
        `Decoded` of n hypotheses a row, the best first. Where fewer than n have ended within the limit,
        the unfinished ones follow, the best first, scored as they are; where there are no more of those
        either, empty ones with the score `NO_HYPOTHESIS`. A row with limit 0 has one empty hypothesis, with
        score 0.

    Raises:
        InputError: a setting out of its range; coverage_penalty without weights or value_mask.

    Cost: as many steps as the slowest row takes; for each a search for the K + 1 largest numbers of each row
    of `(N, V)`, and a reordering of the cache. In a graph that leaves the batch open, the first step asks
    for B rows, and rows that are over leave it (`keras_seq.decoding.narrowing`).

    Example: the likeliest first token, 1, leads nowhere; a beam of 2 sees it.

    >>> import numpy as np
    >>> from keras import ops
    >>> table = np.log([[.01, .49, .4, .1], [.25, .25, .25, .25], [.9, .05, .03, .02], [.25, .25, .25, .25]])
    >>> def step(token_ids, cache, t):
    ...     return ops.take(table, token_ids, axis=0), None, cache
    >>> for width in (1, 2):
    ...     found = beam_search(step, (), 1, beam_width=width, max_length=3, start_id=0, end_id=0)
    ...     print(found.token_ids.numpy().tolist(), f"{float(found.scores[0, 0]):.2f}")
    [[[1, 0, 0]]] -2.10
    [[[2, 0, 0]]] -1.02

    References: Graves 2012, Sequence Transduction with Recurrent Neural Networks; Sutskever, Vinyals, Le
    2014, Sequence to Sequence Learning; the penalties: Wu et al. 2016, Google's Neural Machine Translation
    System, equation 14; patience: Kasai et al. 2022, A Call for Clarity in Beam Search.
    """
    _check(beam_width, n_best, length_penalty, coverage_penalty, value_mask, patience)
    width = beam_width
    enough = None if patience is None else max(math.ceil(patience * width), n_best)
    positions = ops.arange(max_length, dtype="int32")
    leaves = len(keras.tree.flatten(cache))  # in `carried` the sums of weights follow, and what they are over

    def normalized(scores, length, costs):
        penalty = penalties.length_penalty(length, length_penalty)
        return ops.where(_exists(scores), scores / penalty + costs, NO_HYPOTHESIS)

    def beginning():
        nothing = ops.zeros((batch_size, width), dtype="int32")
        none_yet = ops.cast(nothing, "float32")
        unwritten = ops.zeros((batch_size, width, max_length), dtype="int32") - 1
        limit = row_limits(limits, batch_size, max_length)
        carried = [ops.convert_to_tensor(each) for each in keras.tree.flatten(cache)]
        if coverage_penalty:
            mask = masking.boolean("value_mask", ops.convert_to_tensor(value_mask))
            carried += [ops.zeros_like(mask, dtype="float32"), mask]
        return _Beams(
            token_ids=ops.reshape(nothing, (-1,)) + start_id,
            limits=limit,
            done=limit <= 0,
            ended=nothing[:, 0],
            scores=ops.where(ops.arange(width) == 0, none_yet, NO_HYPOTHESIS),  # one at first
            costs=none_yet,
            written=unwritten,
            finished=none_yet[:, :n_best] + NO_HYPOTHESIS,
            finished_written=unwritten[:, :n_best],
            carried=carried,
            looked=looking.nothing_looked_at(batch_size, max_length, width, source_length),
        )

    def ask(token_ids, carried, t):
        """Of N rows the likeliest tokens, what is carried after this step, where they looked, its costs."""
        logits, weights, after = asked(step, token_ids, carried[:leaves], cache, t)
        found = likeliest(logits, min(width + 1, logits.shape[-1]))
        looks = [] if source_length is None else [weights]
        if not coverage_penalty:
            return found, after, looks, ops.zeros_like(token_ids, dtype="float32")
        coverage, mask = carried[leaves:]
        if weights is None:
            raise InputError(
                "coverage_penalty needs the attention over the source; the steps of this model give none.\n"
                f"Received: {coverage_penalty=!r}. Decode without it."
            )
        coverage = coverage + fitted(ops.cast(weights, "float32"), ops.shape(coverage))
        costs = penalties.coverage_penalty(ops.expand_dims(coverage, 1), mask, coverage_penalty)
        return found, [*after, coverage, mask], looks, costs[:, 0]

    def branched(carried):
        after = branch(keras.tree.pack_sequence_as(cache, carried[:leaves]), width)
        return [*keras.tree.flatten(after), *copied(carried[leaves:], width)]

    def going_on_from(carried, rows):
        after = reorder(keras.tree.pack_sequence_as(cache, carried[:leaves]), rows)
        return [*keras.tree.flatten(after), *taken(carried[leaves:], rows)]

    def next_step(t, beams, answers):
        continued, after, looks, step_costs = answers
        step_costs = ops.reshape(step_costs, (-1, width))
        best, parents, tokens = _continuations(beams.scores, *continued)  # (B, C), the best first
        is_end = tokens == end_id
        is_done = ops.expand_dims(beams.done, 1)

        # Those that end, if they are among the K best of all.
        ending, origins = ops.where(is_end, best, NO_HYPOTHESIS)[:, :width], parents[:, :width]
        ended = beams.ended + ops.sum(ops.cast(_exists(ending), "int32"), axis=1)
        ending = normalized(ending, t + 1, pick(step_costs, origins))
        ranked, which = ops.top_k(ops.concatenate([beams.finished, ending], axis=1), n_best)
        both = ops.concatenate(
            [beams.finished_written, pick(beams.written, origins)], axis=1
        )  # (B, n + K, L)
        finished = ops.where(is_done, beams.finished, ranked)
        finished_written = ops.where(ops.expand_dims(is_done, 2), beams.finished_written, pick(both, which))

        # Those that go on. In a finished row all stay where they are.
        going, which = ops.top_k(ops.where(is_end, NO_HYPOTHESIS, best), width)  # (B, K)
        parents = ops.where(is_done, ops.arange(width, dtype="int32"), pick(parents, which))
        tokens = pick(tokens, which)
        new = ops.expand_dims(looking.written_as(tokens, parents, width), 2)
        added = ops.where(positions == t, new, pick(beams.written, parents))
        first = ops.expand_dims(ops.arange(ops.shape(parents)[0], dtype="int32"), 1) * width
        scores = ops.where(is_done, beams.scores, going)

        hope = ops.maximum(*(normalized(scores[:, 0], length, 0.0) for length in (t + 2, beams.limits)))
        is_over = finished[:, -1] >= hope
        if enough is not None:
            is_over = ops.logical_or(is_over, ended >= enough)
        return _Beams(
            token_ids=ops.reshape(tokens, (-1,)),
            limits=beams.limits,
            done=ops.logical_or(beams.done, ops.logical_or(is_over, t + 1 >= beams.limits)),
            ended=ended,
            scores=scores,
            costs=ops.where(is_done, beams.costs, pick(step_costs, parents)),
            written=ops.where(ops.expand_dims(is_done, 2), beams.written, added),  # (B, K, L)
            finished=finished,
            finished_written=finished_written,
            carried=going_on_from(after, ops.reshape(first + parents, (-1,))),
            looked=[looking.with_weights(each, *looks, width, t) for each in beams.looked],
        )

    def followed(t, beams, until):
        """The step that is next, and the beams, once `until(done)`."""
        shapes = [ops.shape(each) for each in beams.carried]  # they stay as they are

        def body(t, beams):
            after = next_step(t, beams, ask(beams.token_ids, beams.carried, t))
            carried = [fitted(*each) for each in zip(after.carried, shapes, strict=True)]
            return t + 1, after._replace(carried=carried)

        def goes_on(t, beams):
            return ops.logical_and(t < max_length, ops.logical_not(until(beams.done)))

        return ops.while_loop(goes_on, body, (t, beams))

    def found(beams):
        """The n best hypotheses of each row, their scores, and where the best looked."""
        costly = normalized(beams.scores, ops.expand_dims(beams.limits, 1), beams.costs)
        scores, which = ops.top_k(costly, n_best)
        written, scores = _behind(beams.finished_written, beams.finished, pick(beams.written, which), scores)
        weights = (looking.weights_of(each, written[:, 0], width) for each in beams.looked)
        return looking.tokens_of(written, width), scores, *weights

    begun, t = beginning(), ops.cast(0, "int32")
    if begun.done.shape[0] is not None or is_for_export():
        begun = begun._replace(carried=branched(begun.carried))
        return decoded(*found(followed(t, begun, ops.all)[1]))
    # A row has one hypothesis at first, so the model is asked for one, in a step of its own.
    first, after, looks, costs = ask(begun.token_ids[::width], begun.carried, t)
    first, looks, costs = (copied(each, width) for each in (first, looks, costs))
    begun = next_step(t, begun, (first, branched(after), looks, costs))
    return decoded(*narrowing(lambda t, beams: followed(t, beams, are_many), found, t + 1, begun))


class _Beams(NamedTuple):
    """Of B rows, each with K hypotheses that go on and n that have ended, all that a search knows."""

    token_ids: Any  # (B·K,): the last of each
    limits: Any  # (B,)
    done: Any  # (B,)
    ended: Any  # (B,): how many have
    scores: Any  # (B, K)
    costs: Any  # (B, K)
    written: Any  # (B, K, L), as `looking` says; -1 behind the last token
    finished: Any  # (B, n): scores of the best that have ended
    finished_written: Any  # (B, n, L)
    carried: Any  # the cache and more, a list of (B, …) and (B·K, …)
    looked: Any  # a list of what `looking` keeps, or of nothing


def _continuations(scores, gains, tokens):
    """Of all continuations of K hypotheses by a token the best, 2K or all.

    So many, since K go on and at most K end. Only the K + 1 likeliest tokens of each hypothesis can be among
    them: K that go on and the end.

    Args:
        scores: `(B, K)`.
        gains, tokens: log p of the likeliest tokens of each hypothesis, and these, `(B·K, K + 1)`.

    Returns:
        Their scores `(B, C)`, the best first; the hypotheses that they continue and the tokens, int32.
    """
    width, count = scores.shape[1], gains.shape[1]
    gains, tokens = (ops.reshape(each, (-1, width * count)) for each in (gains, tokens))
    totals = ops.repeat(scores, count, axis=1) + gains
    best, which = ops.top_k(totals, min(2 * width, width * count))
    return best, which // count, pick(tokens, which)


def _behind(finished_written, finished, written, scores):
    """The first n of the finished hypotheses, then of the unfinished, then of those that there are not.

    Args:
        finished_written, finished: tokens `(B, n, L)` and scores `(B, n)` of the finished, the best first.
        written, scores: those of the unfinished.
    """
    written = ops.concatenate([finished_written, written], axis=1)
    scores = ops.concatenate([finished, scores], axis=1)
    count, exists = scores.shape[1], _exists(scores)
    order = ops.arange(count, dtype="float32") + ops.where(exists, 0.0, float(count))
    which = ops.top_k(-order, count // 2)[1]
    written = ops.where(ops.expand_dims(exists, 2), written, -1)
    return pick(written, which), pick(ops.where(exists, scores, NO_HYPOTHESIS), which)


def _exists(scores):
    """Where there is a hypothesis that is possible."""
    return scores > NO_HYPOTHESIS / 2


def _check(beam_width, n_best, length_penalty, coverage_penalty, value_mask, patience):
    if beam_width < 1:
        raise InputError(f"beam_width is how many hypotheses go on, 1 or more. Received: {beam_width=!r}")
    if not 1 <= n_best <= beam_width:
        raise InputError(
            f"A beam of {beam_width} finds at most {beam_width} hypotheses, so n_best is 1 to {beam_width}. "
            f"Received: {n_best=!r}\nAsk for fewer, or give a wider beam: beam_width={n_best}."
        )
    if not math.isfinite(length_penalty):
        raise InputError(f"length_penalty is a finite number. Received: {length_penalty=!r}")
    if patience is not None and not 0 <= patience < math.inf:
        raise InputError(f"patience is a finite number, 0 or more, or None. Received: {patience=!r}")
    if not 0 <= coverage_penalty < math.inf:
        raise InputError(f"coverage_penalty is 0 (none) or more. Received: {coverage_penalty=!r}")
    if coverage_penalty and value_mask is None:
        raise InputError(
            "coverage_penalty needs value_mask (B, S): which parts of the source are there to be covered. "
            "Received: value_mask=None"
        )
