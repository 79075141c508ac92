"""Linear chains: every word has a tag, and a sentence's score sums over words and over neighbouring tags.

    score(tags) = start[tags_0] + Σ_t unary[t, tags_t] + Σ_t transition[tags_{t-1}, tags_t] + end[tags_last]
    p(tags)     = exp(score(tags)) / Σ over all tag sequences of exp(score)

A chain is one tensor `(B, N + 2 + T, N)`, float32 or wider: B sentences, T words, N tags.

    rows 0 … N-1   transition[i, j], the score of tag j right after tag i
    row N          start[j], of tag j at the first word
    row N + 1      end[i], of tag i at the last word
    the rest       unary[t, j], of tag j at word t

The first N + 2 rows are the same in every sentence; those of the first are read. A score of `FORBIDDEN` (or
anything nearer to it than to 0) means never: such a tag or transition has no part in sums and is not decoded.
Where no tag at all is possible, no word stands: so a chain holds its own padding, on the right of a row, and
no mask has to travel beside it. A `mask` given beside it, bool `(B, T)`, drops further words.

Logarithms and scores are in nats. Reference: Lafferty, McCallum, Pereira 2001, Conditional Random Fields.
"""

import keras
from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.exporting import is_for_export
from keras_seq.ops.precision import at_least_float32
from keras_seq.ops.tags import checked_tags

__all__ = [
    "FORBIDDEN",
    "chain_mask",
    "log_normalizer",
    "marginals",
    "negative_log_likelihood",
    "pack",
    "sequence_score",
    "unpack",
    "viterbi",
]

FORBIDDEN = -32768.0  # in float16 and bfloat16 the same number
"""The score of what must not be."""

_NEVER = -1e30  # what is computed with in its place: no sum of scores makes up for it, and no sum overflows
_WIDEST = 80.0  # nats between the best and the worst tag before a word ...
_WIDEST_TRANSITION = 40.0  # ... and between transitions, within which products of exponentials lose nothing


def pack(transitions, start, end, unaries, mask=None):
    """The chain of its parts.

    Args:
        transitions: `(N, N)`, from tag i to tag j.
        start, end: `(N,)`.
        unaries: `(B, T, N)`.
        mask: bool `(B, T)`; the words that it drops are written as padding.

    Returns:
        `(B, N + 2 + T, N)`, float32 or wider.

    Raises:
        ValueError: sizes that do not fit together.
    """
    unaries = at_least_float32(ops.convert_to_tensor(unaries))
    num_tags = unaries.shape[-1]
    shapes = [tuple(each.shape) for each in (transitions, start, end)]
    if len(unaries.shape) != 3 or shapes != [(num_tags, num_tags), (num_tags,), (num_tags,)]:
        raise ValueError(
            "A chain of N tags is made of transitions (N, N), start (N,), end (N,) and unaries (B, T, N). "
            f"Received: shapes {', '.join(map(str, shapes))} and {tuple(unaries.shape)}"
        )
    if mask is not None:
        unaries = ops.where(ops.expand_dims(masking.boolean("mask", mask), -1), unaries, FORBIDDEN)
    rows = [transitions, ops.expand_dims(start, 0), ops.expand_dims(end, 0)]
    parameters = ops.concatenate([ops.cast(each, unaries.dtype) for each in rows], axis=0)  # (N + 2, N)
    each_sentence = ops.zeros_like(unaries[:, :1, :1]) + ops.expand_dims(parameters, 0)  # (B, N + 2, N)
    return ops.concatenate([each_sentence, unaries], axis=1)


def unpack(chain):
    """The parts of a chain: transitions `(N, N)`, start `(N,)`, end `(N,)`, unaries `(B, T, N)`.

    Raises:
        ValueError: the tensor cannot be a chain.
    """
    chain = at_least_float32(ops.convert_to_tensor(chain))
    num_tags = chain.shape[-1]
    if len(chain.shape) != 3 or num_tags is None or (chain.shape[1] or num_tags + 2) < num_tags + 2:
        raise ValueError(
            "A chain of N tags has the shape (B, N + 2 + T, N): see keras_seq.ops.chain. "
            f"Received: chain of shape {tuple(chain.shape)}"
        )
    of_first = chain[0]
    return of_first[:num_tags, :], of_first[num_tags], of_first[num_tags + 1], chain[:, num_tags + 2 :]


def chain_mask(chain):
    """Which words stand in a chain, that is have a possible tag: `(B, N + 2 + T, N)` -> bool `(B, T)`."""
    return ops.any(_is_possible(unpack(chain)[3]), axis=-1)


def sequence_score(chain, tag_ids, mask=None):
    """score(tags) of each sentence; 0 for one without words.

    Args:
        chain: `(B, N + 2 + T, N)`.
        tag_ids: int `(B, T)`; what stands on padding does not matter.
        mask: bool `(B, T)`.

    Returns:
        `(B,)`, with `FORBIDDEN` in it for each forbidden tag or transition; nan for a sentence with a tag
        outside 0 … N-1 in a graph, where the numbers cannot be looked at.

    Raises:
        ValueError: shapes that do not fit; outside of a graph, a tag outside 0 … N-1.
    """
    transitions, start, end, unaries = unpack(chain)
    mask = _kept(unaries, mask)
    tags, no_tag = checked_tags(tag_ids, unaries, mask)
    following = ops.concatenate([mask[:, 1:], ops.zeros_like(mask[:, :1])], axis=1)  # whether a word follows
    last = ops.logical_and(mask, ops.logical_not(following))
    previous = ops.concatenate([tags[:, :1], tags[:, :-1]], axis=1)
    of_pair = ops.take(ops.reshape(transitions, (-1,)), previous * unaries.shape[-1] + tags)  # (B, T)
    of_start = ops.take(start, tags)
    is_first = ops.arange(ops.shape(tags)[1], dtype="int32") == 0
    before = ops.where(is_first, of_start, of_pair)
    of_word = ops.squeeze(ops.take_along_axis(unaries, ops.expand_dims(tags, -1), axis=-1), -1)
    scores = before + of_word + ops.where(last, ops.take(end, tags), 0.0)
    return ops.sum(ops.where(mask, scores + no_tag, 0.0), axis=1)


def log_normalizer(chain, mask=None):
    """log Σ over all tag sequences of exp(score), by the forward algorithm; 0 for a sentence without words.

    Its gradient is that of the formula, the tags' and the pairs' marginal probabilities, by the recursion
    back from the last word. No derivative is taken through a loop, so it trains under XLA.

    Args:
        chain: `(B, N + 2 + T, N)`.
        mask: bool `(B, T)`.

    Returns:
        `(B,)`. Where no sequence is possible, about -1e30, with a finite gradient.

    Cost: T products of `(B, N)` and `(N, N)`; where scores lie so far apart (80 nats from the best to the
    worst possible tag before a word) that these would lose something, T sums over `(B, N, N)` instead.
    """
    transitions, start, end, unaries = unpack(chain)
    keep = ops.cast(_kept(unaries, mask), unaries.dtype)
    return _log_normalizer(transitions, start, end, unaries, keep)


def negative_log_likelihood(chain, tag_ids, mask=None):
    """-log p(tags) of each sentence = log_normalizer - sequence_score: `(B,)`, 0 without words.

    Arguments and errors as in `sequence_score`.
    """
    return log_normalizer(chain, mask) - sequence_score(chain, tag_ids, mask)


def marginals(chain, mask=None):
    """p(tag at word t = j), from a chain `(B, N + 2 + T, N)`: `(B, T, N)`, zeros on padding. No gradient."""
    transitions, start, end, unaries = (ops.stop_gradient(each) for each in unpack(chain))
    keep = ops.cast(_kept(unaries, mask), unaries.dtype)
    alpha, log_z, is_close = _forward(transitions, start, end, unaries, keep)
    return _backward(transitions, start, end, unaries, keep, alpha, is_close, ops.ones_like(log_z))[3]


def viterbi(chain, mask=None):
    """The best tag sequence of each sentence: argmax of score(tags).

    Of sequences that are equally good, the one whose last tag has the lowest number; then whose tag before
    that has, and so on. Where any sequence is possible, none is given that is forbidden.

    Args:
        chain: `(B, N + 2 + T, N)`.
        mask: bool `(B, T)`.

    Returns:
        tag_ids, int32 `(B, T)`; 0 on padding. Without a gradient.

    Cost: T sums and maxima over `(B, N, N)`, then T over `(B, N)`.

    Reference: Viterbi 1967, Error Bounds for Convolutional Codes.
    """
    transitions, start, end, unaries = (ops.stop_gradient(each) for each in unpack(chain))
    mask = _kept(unaries, mask)
    transitions, start, end, unaries = map(_possible, (transitions, start, end, unaries))
    # (oneDNN transposes no booleans, and TensorFlow says so on standard error.)
    kept = ops.transpose(ops.cast(mask, "int32")) > 0  # (T, B)
    words = ops.transpose(unaries, (1, 0, 2))  # (T, B, N)
    into = ops.transpose(transitions)  # [to, from]

    def forward(best, t):  # best[b, j]: the score of the best sequence that has tag j at word t
        reached = ops.max(ops.expand_dims(best, 1) + into, axis=-1)
        return ops.where(t == 0, start, reached) + ops.take(words, t, axis=0)

    best = _scan(forward, ops.zeros_like(words[0]), ops.shape(words)[0])  # (T, B, N)
    following = ops.concatenate([kept[1:], ops.zeros_like(kept[:1])], axis=0)

    def backward(next_tag, t):  # a last word begins anew, whatever was decoded on the padding behind it
        follows = ops.expand_dims(ops.take(following, t, axis=0), 1)
        onward = ops.where(follows, ops.take(into, next_tag, axis=0), end)
        return _first_best(ops.take(best, t, axis=0) + onward)

    tags = _scan(backward, ops.zeros_like(kept[0], dtype="int32"), ops.shape(words)[0], reverse=True)
    # Selected behind the loop: LiteRT in browsers hands a loop's own result out before it is written.
    return ops.where(mask, ops.transpose(tags), 0)


def _first_best(scores):
    """The lowest index of the highest score: `(B, N)` -> int32 `(B,)`. (argmax is no builtin of LiteRT.)"""
    count = scores.shape[-1]
    is_best = scores == ops.max(scores, axis=-1, keepdims=True)
    index = ops.min(ops.where(is_best, ops.arange(count, dtype="int32"), count), axis=-1)
    return ops.minimum(index, count - 1)  # nan is equal to nothing


# Below, time comes first: words `(T, B, N)`. `keep` is 1.0 or 0.0 `(B, T)`: of booleans JAX would want a
# gradient of another kind. TensorFlow calls a gradient function with one argument per output, JAX with a
# tuple of them: hence `tree.flatten(upstream)`.


@ops.custom_gradient
def _log_normalizer(transitions, start, end, unaries, keep):
    alpha, log_z, is_close = _forward(transitions, start, end, unaries, keep)

    def gradient(*upstream):
        (d_log_z,) = keras.tree.flatten(upstream)
        parts = _backward(transitions, start, end, unaries, keep, alpha, is_close, d_log_z)
        return *parts, ops.zeros_like(keep)

    return log_z, gradient


def _forward(transitions, start, end, unaries, keep):
    """alpha `(T, B, N)`, the normalizer `(B,)`, and whether products of exponentials were enough.

    alpha[t, b, j]: the logarithm of the sum over all beginnings of sentence b that have tag j at word t, less
    that of the likeliest tag: so that long sentences lose nothing. On padding that of the last word.
    """
    transitions, start, end, unaries = map(_possible, (transitions, start, end, unaries))
    words, kept = ops.transpose(unaries, (1, 0, 2)), ops.transpose(keep) > 0

    def forward(product):
        def step(states, t):
            alpha = states[0]
            reached = ops.where(t == 0, start, product(alpha, transitions)) + ops.take(words, t, axis=0)
            top = ops.max(reached, axis=-1, keepdims=True)
            is_word = ops.expand_dims(ops.take(kept, t, axis=0), 1)
            return ops.where(is_word, reached - top, alpha), ops.where(is_word, top, 0.0)

        zeros = ops.zeros_like(words[0])
        return _scan(step, (zeros, zeros[:, :1]), ops.shape(words)[0])

    alpha, tops = forward(_product)
    # An alpha is right where all before it lie close; so the first that do not are seen.
    is_close = ops.logical_and(
        ops.max(_spread(alpha)) <= _WIDEST, _spread(ops.reshape(transitions, (-1,))) <= _WIDEST_TRANSITION
    )
    alpha, tops = ops.cond(is_close, lambda: (alpha, tops), lambda: forward(_exact_product))
    log_z = ops.logsumexp(alpha[-1] + end, axis=-1) + ops.sum(ops.squeeze(tops, -1), axis=0)
    return alpha, ops.where(ops.any(kept, axis=0), log_z, 0.0), is_close


def _backward(transitions, start, end, unaries, keep, alpha, is_close, d_log_z):
    """Gradients of Σ_b d_log_z[b] · log_z[b] by transitions, start, end and unaries.

    From the last word back: alpha says how likely each tag stood before a given one, so the marginals of word
    t follow from those of word t + 1.
    """
    possible = [_is_possible(each) for each in (transitions, start, end, unaries)]
    transitions, end = _possible(transitions), _possible(end)
    kept = ops.transpose(keep) > 0
    following = ops.concatenate([kept[1:], ops.zeros_like(kept[:1])], axis=0)  # whether a word follows
    last = ops.softmax(alpha[-1] + end, axis=-1) * ops.expand_dims(d_log_z, 1)  # (B, N)
    last = ops.where(ops.expand_dims(ops.any(kept, axis=0), 1), last, 0.0)

    def backward(before, pairs):
        def step(tags, t):
            follows = ops.expand_dims(ops.take(following, t, axis=0), 1)
            return ops.where(follows, before(ops.take(alpha, t, axis=0), transitions, tags), tags)

        tags = _scan(step, last, ops.shape(alpha)[0], reverse=True)  # (T, B, N)
        tags = ops.where(ops.expand_dims(kept, -1), tags, 0.0)
        shifted = ops.concatenate([tags[1:], ops.zeros_like(tags[:1])], axis=0)  # those of word t + 1
        return tags, pairs(alpha, transitions, shifted)

    tags, pairs = ops.cond(
        is_close,
        lambda: backward(_product_back, _product_pairs),
        lambda: backward(_exact_back, _exact_pairs),
    )
    sums = pairs, ops.sum(tags[0], axis=0), ops.sum(last, axis=0), ops.transpose(tags, (1, 0, 2))
    return tuple(ops.where(where, each, 0.0) for where, each in zip(possible, sums, strict=True))


# log Σ_i exp(alpha[b, i] + transition[i, j]) and its derivatives, in two ways. The first is a product of
# matrices: many times faster, and right as long as no exponential of what is possible leaves float32.


def _product(alpha, transitions):
    _, _, sums, offset = _factors(alpha, transitions)
    return ops.where(sums > 0, ops.log(sums) + offset, _NEVER)


def _product_back(alpha, transitions, d_reached):
    """The derivative by alpha: `(B, N)`, of numbers `(B, N)` by the results."""
    left, right, sums, _ = _factors(alpha, transitions)
    return left * ops.matmul(_divided(d_reached, sums), ops.transpose(right))


def _product_pairs(alpha, transitions, d_reached):
    """The derivative by the transitions `(N, N)`, over all words: alpha and d_reached `(T, B, N)`."""
    num_tags = transitions.shape[-1]
    left, right, sums, _ = _factors(ops.reshape(alpha, (-1, num_tags)), transitions)
    ratio = _divided(ops.reshape(d_reached, (-1, num_tags)), sums)
    return right * ops.matmul(ops.transpose(left), ratio)


def _factors(alpha, transitions):
    """exp(alpha) and exp(transitions), both shifted, their product, and what was taken from its logarithm."""
    top, top_transition = ops.max(alpha, axis=-1, keepdims=True), ops.max(transitions)
    left, right = ops.exp(alpha - top + _WIDEST / 2), ops.exp(transitions - top_transition)
    return left, right, ops.matmul(left, right), top + top_transition - _WIDEST / 2


def _divided(numbers, sums):
    return ops.where(sums > 0, numbers / ops.where(sums > 0, sums, 1.0), 0.0)


def _exact_product(alpha, transitions):
    return ops.logsumexp(ops.expand_dims(alpha, 2) + transitions, axis=1)


def _exact_back(alpha, transitions, d_reached):
    return ops.sum(_shares(alpha, transitions) * ops.expand_dims(d_reached, 1), axis=2)


def _exact_pairs(alpha, transitions, d_reached):
    def add(t, total):
        shares = _shares(ops.take(alpha, t, axis=0), transitions)
        return total + ops.sum(shares * ops.expand_dims(ops.take(d_reached, t, axis=0), 1), axis=0)

    return ops.fori_loop(0, ops.shape(alpha)[0], add, ops.zeros_like(transitions))


def _shares(alpha, transitions):
    """p(tag i before | tag j): `(B, N, N)`, at most 1 also where nothing is possible."""
    reached = ops.expand_dims(_exact_product(alpha, transitions), 1)
    return ops.exp(ops.minimum(ops.expand_dims(alpha, 2) + transitions - reached, 0.0))


def _scan(step, state, length, reverse=False):
    """state = step(state, t) for t = 0 … length - 1, or back; the states of all t, `(T, ...)`.

    No derivative is taken of it.
    """
    if is_for_export():
        return _export_scan(step, state, length, reverse)

    def body(state, t):
        state = step(state, t)
        return state, state

    return ops.scan(body, state, ops.arange(length, dtype="int32"), reverse=reverse)[1]


def _export_scan(step, state, length, reverse):
    """The same of one tensor, in the form that converts to LiteRT: `ops.scan` needs a static batch there."""

    def body(count, state, states):
        t = length - 1 - count if reverse else count
        state = step(state, t)
        place = (t, *[0] * len(state.shape))
        return count + 1, state, ops.slice_update(states, place, ops.expand_dims(state, 0))

    states = ops.zeros((length, *ops.shape(state)), dtype=state.dtype)
    return ops.while_loop(lambda count, *_: count < length, body, (ops.cast(0, "int32"), state, states))[2]


def _is_possible(scores):
    return scores > FORBIDDEN / 2


def _possible(scores):
    """The scores with `_NEVER` in place of what is forbidden."""
    return ops.where(_is_possible(scores), scores, _NEVER)


def _spread(scores):
    """From the lowest possible to the highest score of the last axis; 0 where nothing is possible."""
    possible = scores > _NEVER / 2
    top = ops.max(scores, axis=-1, keepdims=True)
    return ops.squeeze(top, -1) - ops.min(ops.where(possible, scores, top), axis=-1)


def _kept(unaries, mask):
    """bool `(B, T)`: where a word stands by the chain itself and by the mask."""
    return masking.combine(
        ops.any(_is_possible(unaries), axis=-1), None if mask is None else masking.boolean("mask", mask)
    )
