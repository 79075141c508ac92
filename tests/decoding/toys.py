"""A model that is a table, and what decodings of it must give, found the dull way: by listing."""

import itertools
import math

import numpy as np
from keras import ops

START = END = 2
V, S = 4, 5  # 0 padding, 1 unknown, 2 end: those too are mere tokens here
LONGEST = 5


class Table:
    """log p(token | row, all tokens before), and attention weights, at random.

    A cache of two tensors, nested, carries what came before, as one number, and which row it is; so a search
    that mixes up rows gets other probabilities.
    """

    def __init__(self, batch=3, vocabulary_size=V, length=LONGEST, seed=0, sharpness=1.5):
        random = np.random.default_rng(seed)
        self.batch, self.size = batch, vocabulary_size
        pasts = sum(vocabulary_size**t for t in range(length + 1))
        shape = (batch, pasts, vocabulary_size)
        logits = sharpness * random.normal(size=shape)
        self.log_probs = (logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)).astype("float32")
        self.weights = random.dirichlet(np.full(S, 0.3), size=(batch, pasts)).astype("float32")
        self.mask = np.arange(S) < np.array([S, 3, 4, 2, 1])[np.arange(batch) % 5, None]
        self.weights *= self.mask[:, None]
        self.steps = 0  # counted when they are taken eagerly

    def give(self, row, past, token, log_prob):
        """Make a token so likely, there; the others share the rest as they did."""
        given = self.log_probs[row, past].astype("float64")
        others = np.exp(given)
        others[..., token] = 0.0
        with np.errstate(divide="ignore"):
            given = np.log(others) + np.log(-np.expm1(log_prob)) - np.log(others.sum(-1, keepdims=True))
        given[..., token] = log_prob
        self.log_probs[row, past] = given

    def past(self, tokens):
        """The number of a sequence of tokens: those of unlike sequences differ."""
        number = 0
        for token in tokens:
            number = number * self.size + token + 1
        return number

    def cache(self, rows=None):
        rows = np.arange(self.batch) if rows is None else np.asarray(rows)
        return {"row": rows.astype("int32"), "past": [np.zeros(len(rows), "int32")]}

    def step(self, token_ids, cache, t):
        self.steps += 1
        (past,) = cache["past"]
        past = ops.where(t == 0, past, past * self.size + token_ids + 1)
        place = cache["row"] * self.log_probs.shape[1] + past
        log_probs = ops.take(ops.reshape(self.log_probs, (-1, self.size)), place, axis=0)
        weights = ops.take(ops.reshape(self.weights, (-1, S)), place, axis=0)
        return log_probs, weights, {"row": cache["row"], "past": [past]}

    def log_prob(self, row, tokens):
        """log p of tokens, the end symbol among them or not yet."""
        return sum(float(self.log_probs[row, self.past(tokens[:t]), token]) for t, token in enumerate(tokens))

    def score(self, row, tokens, alpha=0.0, beta=0.0):
        """Equation 14 of Wu et al. 2016."""
        length_penalty = ((5 + len(tokens)) / 6) ** alpha
        covered = sum((self.weights[row, self.past(tokens[:t])] for t in range(len(tokens))), np.zeros(S))
        logs = [math.log(min(max(covered[s], 1e-6), 1.0)) for s in range(S) if self.mask[row, s]]
        return self.log_prob(row, tokens) / length_penalty + beta * sum(logs)

    def looks(self, row, tokens):
        """Where the steps that told these tokens looked, `(len(tokens), S)`."""
        pasts = [self.past(tokens[:t]) for t in range(len(tokens))]
        return self.weights[row, pasts] if pasts else np.zeros((0, S), "float32")

    def every_hypothesis(self, limit):
        """All that end within the limit, and all that come to it without an end."""
        others = [token for token in range(self.size) if token != END]
        finished = [
            (*tokens, END) for length in range(limit) for tokens in itertools.product(others, repeat=length)
        ]
        return finished, list(itertools.product(others, repeat=limit))

    def best_of_all(self, row, limit, count, **penalties):
        """The n best hypotheses of all that there are, with their scores: the finished ones first."""
        finished, unfinished = (
            sorted(((self.score(row, each, **penalties), each) for each in kind), reverse=True)
            for kind in self.every_hypothesis(limit)
        )
        return (finished + unfinished)[:count]

    def beam(self, row, width, limit, count, patience=math.inf, **penalties):
        """Beam search with lists, which stops before the limit only when `patience · width` have ended."""
        going, finished = [()], []
        for _ in range(limit):
            continued = [(*tokens, token) for tokens in going for token in range(self.size)]
            continued.sort(key=lambda tokens: -self.log_prob(row, tokens))
            finished += [tokens for tokens in continued[:width] if tokens[-1] == END]
            going = [tokens for tokens in continued if tokens[-1] != END][:width]
            if len(finished) >= max(patience * width, count):
                break
        finished, unfinished = (
            sorted(((self.score(row, each, **penalties), each) for each in kind), reverse=True)
            for kind in (finished, going)
        )
        return (finished + unfinished)[:count]


def listed(decoded):
    """Each row's hypotheses as (score, tokens); checks what holds of every decoding."""
    token_ids, lengths, scores = (np.asarray(each) for each in decoded[:3])
    assert (token_ids.dtype, lengths.dtype, scores.dtype) == ("int32", "int32", "float32")
    assert token_ids.shape[:2] == lengths.shape == scores.shape
    behind = np.arange(token_ids.shape[2]) >= lengths[:, :, None]
    assert not token_ids[behind].any()
    return [
        [
            (float(score), tuple(tokens[:length].tolist()))
            for tokens, length, score in zip(*of_row, strict=True)
        ]
        for of_row in zip(token_ids, lengths, scores, strict=True)
    ]


def agree(found, expected):
    """Whether two lists of hypotheses are the same, up to how rows that are computed together are rounded."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert [tokens for _, tokens in one] == [tokens for _, tokens in other]
        np.testing.assert_allclose(
            [score for score, _ in one], [score for score, _ in other], rtol=1e-6, atol=1e-6
        )


def same(decoded, expected):
    """Whether each row's hypotheses are the expected ones `[(score, tokens with the end symbol)]`."""
    found = listed(decoded)
    assert len(found) == len(expected)
    for of_row, wanted in zip(found, expected, strict=True):
        assert [tokens for _, tokens in of_row] == [
            tuple(token for token in tokens if token != END) for _, tokens in wanted
        ]
        np.testing.assert_allclose([score for score, _ in of_row], [score for score, _ in wanted], rtol=2e-5)


def looked_as_told(table, decoded):
    """Whether the weights of each row are those of its first hypothesis; of all rows of the table."""
    weights = np.asarray(decoded.weights)
    assert weights.dtype == "float32"
    rows = zip(range(table.batch), weights, listed(decoded), strict=True)
    for row, of_row, ((_, tokens), *_) in rows:
        np.testing.assert_array_equal(of_row[: len(tokens)], table.looks(row, tokens))
        assert not of_row[len(tokens) :].any()
