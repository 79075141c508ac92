"""Tokens drawn at random, as likely as the model says, or from the likeliest only."""

import math

import keras
from keras import ops

from keras_seq.decoding.decoded import Decoded, decoded
from keras_seq.decoding.following import follow
from keras_seq.decoding.greedy import one_likeliest
from keras_seq.errors import InputError
from keras_seq.ops.picking import copied, largest, pick

__all__ = ["sample"]

_COLDEST = 1e-6  # below it only the likeliest token has a chance that float32 can tell from 0


def sample(
    step,
    cache,
    batch_size,
    *,
    max_length,
    start_id,
    end_id,
    limits=None,
    temperature=1.0,
    top_k=None,
    top_p=None,
    num_samples=1,
    source_length=None,
    branch=copied,
    seed=None,
) -> Decoded:
    """token_t ~ q(· | token_0 … token_{t-1}), until the end symbol, where

        q(v) ∝ p(v)^(1 / temperature)       for v in the set that is drawn from, else 0

    The set: all tokens; with `top_k` the k likeliest; with `top_p` the nucleus, the fewest tokens, the
    likeliest first, whose q sums to `top_p` or more; with both, the nucleus of the k likeliest.

    Args:
        step, max_length, start_id, end_id: as in `greedy`.
        cache: what the model remembers before the first step, for B rows.
        batch_size: B, an int or an int32 scalar.
        limits: int `(B,)`, at most so many steps for each row; None: max_length.
        temperature: 1: as the model says; towards 0 ever more like `greedy`, which 0 itself is; above 1
            bolder.
        top_k: int, 1 or more; None: all.
        top_p: above 0 and at most 1; None is as 1: all.
        num_samples: n, how often each row is drawn.
        source_length: S, an int or an int32 scalar: then the weights of the steps, which must give some, are
            kept and given; None: they are not.
        branch: `(cache of B rows, n) -> cache of B·n`, as in `beam_search`.
        seed: int: the same draws at every call; a `keras.random.SeedGenerator`: others at every call, also
            of a compiled graph; None: Keras' own.

    Returns:
        `Decoded` of n hypotheses a row, in the order drawn. A score is log p of the hypothesis under the
        model itself, as in `greedy`, whatever temperature and set it was drawn with.

    Raises:
        InputError: a setting out of its range.

    Cost: as many steps as the longest hypothesis takes; a sum over `(N, V)` for each, with `top_k` instead a
    search for the k likeliest; with `top_p` alone a sort of `(N, V)`, many times dearer: give it a `top_k`.

    Not for LiteRT, which has no random numbers.

    Example:

    >>> from keras import ops
    >>> def fair_coin(token_ids, cache, t):
    ...     return ops.log(ops.ones((ops.shape(token_ids)[0], 2)) / 2), None, cache
    >>> found = sample(fair_coin, (), 1, max_length=4, start_id=0, end_id=9, num_samples=3, seed=1)
    >>> tuple(found.token_ids.shape), f"{float(found.scores[0, 0]):.3f}"  # 4 · log ½
    ((1, 3, 4), '-2.773')

    References: top-k: Fan, Lewis, Dauphin 2018, Hierarchical Neural Story Generation; the nucleus: Holtzman
    et al. 2020, The Curious Case of Neural Text Degeneration.
    """
    _check(temperature, top_k, top_p, num_samples)
    rows = batch_size * num_samples
    # One number a row and step, drawn before the loop: inside of it JAX could not keep the generator's state.
    draws = keras.random.uniform((max_length, rows), dtype="float32", seed=seed)

    def choose(logits, t):
        if temperature < _COLDEST or top_k == 1:
            return one_likeliest(logits)
        choices, probs = _choices(logits / temperature, top_k, top_p)
        places = _drawn(probs, ops.expand_dims(ops.take(draws, t, axis=0), 1))  # (N, 1)
        token_ids = places if choices is None else pick(choices, places)
        return ops.squeeze(token_ids, 1), pick(ops.log_softmax(logits, axis=-1), token_ids)[:, 0]

    written, scores, weights = follow(
        choose,
        step,
        branch(cache, num_samples),
        rows,
        max_length=max_length,
        start_id=start_id,
        end_id=end_id,
        limits=None if limits is None else ops.repeat(limits, num_samples, axis=0),
        source_length=source_length,
    )
    shape = (batch_size, num_samples)
    written, scores = ops.reshape(written, (*shape, max_length)), ops.reshape(scores, shape)
    return decoded(written, scores, None if weights is None else weights[::num_samples])


def _choices(logits, top_k, top_p):
    """The tokens that are drawn from, int32 `(N, C)` or None for all in order, and their q up to a factor."""
    width = logits.shape[-1]
    is_nucleus = top_p is not None and top_p < 1
    if top_k is None and not is_nucleus:
        return None, ops.softmax(logits)
    logits, choices = largest(logits, width if top_k is None else min(top_k, width))
    probs = ops.softmax(logits)
    if is_nucleus:  # a token belongs to it as long as the likelier ones do not suffice
        probs = ops.where(ops.cumsum(probs, axis=-1) - probs < top_p, probs, 0.0)
    return choices, probs


def _drawn(probs, uniform):
    """Where the sums of probs from the left first exceed `uniform`, a fraction of them all: int32 `(N, 1)`.

    No place without probability is ever drawn: not even where sums computed in parallel go up and down.
    """
    sums = ops.where(probs > 0, ops.cumsum(probs, axis=-1), 0.0)
    reached = sums > uniform * ops.max(sums, axis=-1, keepdims=True)
    last = probs.shape[-1] - 1
    places = ops.where(reached, ops.arange(last + 1, dtype="int32"), last)
    return ops.min(places, axis=-1, keepdims=True)


def _check(temperature, top_k, top_p, num_samples):
    if not 0 <= temperature < math.inf:
        raise InputError(f"A temperature is 0 (the likeliest token) or more. Received: {temperature=!r}")
    if top_k is not None and top_k < 1:
        raise InputError(f"top_k is how many tokens to draw from, 1 or more. Received: {top_k=!r}")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top_p is a probability, above 0 and at most 1. Received: {top_p=!r}")
    if num_samples < 1:
        raise InputError(f"num_samples is 1 or more. Received: {num_samples=!r}")
