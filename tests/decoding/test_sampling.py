"""Draws are as frequent as they are likely, and stay within the set that they are drawn from."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_seq.decoding import greedy, sample
from keras_seq.errors import InputError
from tests.decoding.toys import END, LONGEST, START, S, Table, listed, looked_as_told

DRAWS = 20_000
PROBS = np.array([0.02, 0.4, 0.25, 0.0, 0.18, 0.1, 0.05])  # token 3 is impossible


def once(token_ids, cache, t):
    with np.errstate(divide="ignore"):
        log_probs = np.log(PROBS).astype("float32")
    return ops.tile(log_probs[None], (ops.shape(token_ids)[0], 1)), None, cache


def frequencies(**settings):
    decoded = sample(once, (), 1, max_length=1, start_id=0, end_id=99, num_samples=DRAWS, **settings)
    return np.bincount(np.asarray(decoded.token_ids).ravel(), minlength=len(PROBS))


def cut(probs, tokens):
    probs = np.where(np.isin(np.arange(len(probs)), tokens), probs, 0.0)
    return probs / probs.sum()


CASES = {
    "as the model says": ({}, PROBS),
    "hotter": ({"temperature": 2.0}, np.sqrt(PROBS) / np.sqrt(PROBS).sum()),
    "colder": ({"temperature": 0.5}, PROBS**2 / (PROBS**2).sum()),
    "the 3 likeliest": ({"top_k": 3}, cut(PROBS, [1, 2, 4])),
    "more than there are": ({"top_k": 70}, PROBS),
    "a nucleus": ({"top_p": 0.7}, cut(PROBS, [1, 2, 4])),  # two of them make 0.65
    "a nucleus of one": ({"top_p": 0.3}, cut(PROBS, [1])),
    "all": ({"top_p": 1.0, "top_k": None}, PROBS),
    # of the 3 likeliest two make 0.65 / 0.83 = 0.78, enough
    "the nucleus of the likeliest": ({"top_k": 3, "top_p": 0.75}, cut(PROBS, [1, 2])),
    # squared and cut they are 0.62 and 0.24
    "the nucleus after the temperature": ({"temperature": 0.5, "top_p": 0.8}, cut(PROBS**2, [1, 2])),
}


@pytest.mark.parametrize("case", CASES)
def test_tokens_are_drawn_as_often_as_they_are_likely(case):
    settings, expected = CASES[case]
    found = frequencies(seed=7, **settings)
    possible = expected > 0
    assert not found[~possible].any()
    if possible.sum() > 1:
        assert stats.chisquare(found[possible], DRAWS * expected[possible]).pvalue > 1e-3
    else:
        assert found[possible].sum() == DRAWS


def test_whole_sequences_are_drawn_as_often_as_they_are_likely():
    table = Table(batch=2, length=3)
    decoded = sample(
        table.step, table.cache(), 2,
        max_length=2, start_id=START, end_id=END, num_samples=DRAWS, seed=3,
    )  # fmt: skip
    finished, unfinished = table.every_hypothesis(2)
    for row, found in enumerate(listed(decoded)):
        sequences = [tokens for _, tokens in found]
        probs = np.exp([table.log_prob(row, tokens) for tokens in finished + unfinished])
        counts = [sequences.count(tuple(t for t in tokens if t != END)) for tokens in finished + unfinished]
        assert sum(counts) == DRAWS and probs.sum() == pytest.approx(1.0, abs=1e-5)
        assert stats.chisquare(counts, DRAWS * probs / probs.sum()).pvalue > 1e-3
        for score, tokens in found[:50]:
            ending = () if len(tokens) == 2 else (END,)
            assert score == pytest.approx(table.log_prob(row, (*tokens, *ending)), rel=1e-5)


def test_the_nucleus_is_the_smallest_set_that_suffices(random):
    for top_p in (0.2, 0.5, 0.9, 0.99):
        logits = random.normal(size=300).astype("float32") * 2
        probs = np.exp(logits - np.logaddexp.reduce(logits.astype("float64")))

        def step(token_ids, cache, t, logits=logits):
            rows = ops.tile(logits[None], (ops.shape(token_ids)[0], 1))
            return ops.log_softmax(rows), None, cache

        decoded = sample(
            step, (), 1, max_length=1, start_id=0, end_id=999, top_p=top_p, num_samples=DRAWS, seed=1
        )
        order = np.argsort(-probs)
        sums = np.cumsum(probs[order])
        nucleus = order[: np.argmax(sums >= top_p) + 1]
        assert np.abs(sums - top_p).min() > 1e-5  # so that rounding decides nothing
        drawn = set(np.asarray(decoded.token_ids).ravel().tolist())
        assert drawn <= set(nucleus.tolist())
        often = [token for token in nucleus if DRAWS * probs[token] / probs[nucleus].sum() > 20]
        assert drawn >= set(often) and often


@pytest.mark.parametrize(
    "settings", [{"temperature": 0}, {"temperature": 1e-3}, {"top_k": 1}, {"top_p": 1e-3}]
)
def test_without_chance_it_is_greedy(settings):
    table = Table(batch=20)
    arguments = {"max_length": LONGEST, "start_id": START, "end_id": END, "limits": np.arange(20) % 6}
    arguments["source_length"] = S
    expected = greedy(table.step, table.cache(), 20, **arguments)
    found = sample(table.step, table.cache(), 20, **settings, **arguments)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_samples_of_a_row_stand_side_by_side_and_keep_its_limit():
    table = Table(batch=3, seed=2)
    table.give(slice(None), slice(None), END, -1e9)
    decoded = sample(
        table.step, table.cache(), 3,
        max_length=4, start_id=START, end_id=END, limits=np.array([4, 0, 2]), num_samples=4, seed=0,
        source_length=S,
    )  # fmt: skip
    looked_as_told(table, decoded)
    assert decoded.token_ids.shape == (3, 4, 4)
    np.testing.assert_array_equal(decoded.lengths, [[4] * 4, [0] * 4, [2] * 4])
    for row, found in enumerate(listed(decoded)):
        assert row == 1 or len({tokens for _, tokens in found}) > 1
        for score, tokens in found:
            assert score == pytest.approx(table.log_prob(row, tokens), rel=1e-5)


def test_a_seed_repeats_itself_and_a_generator_goes_on():
    def drawn(seed):
        return np.asarray(
            sample(once, (), 1, max_length=9, start_id=0, end_id=99, num_samples=9, seed=seed).token_ids
        ).tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    generator = keras.random.SeedGenerator(1)
    first, second = drawn(generator), drawn(generator)
    assert first != second
    assert drawn(keras.random.SeedGenerator(1)) == first
    keras.utils.set_random_seed(3)
    third = drawn(None)
    keras.utils.set_random_seed(3)
    assert drawn(None) == third


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"temperature": -0.5}, r"0 \(the likeliest token\) or more. Received: temperature=-0.5"),
        ({"temperature": float("inf")}, "Received: temperature=inf"),
        ({"temperature": float("nan")}, "Received: temperature=nan"),
        ({"top_k": 0}, "1 or more. Received: top_k=0"),
        ({"top_p": 0.0}, "above 0 and at most 1. Received: top_p=0.0"),
        ({"top_p": 1.5}, "Received: top_p=1.5"),
        ({"num_samples": 0}, "1 or more. Received: num_samples=0"),
        ({"max_length": 0}, "1 or more. Received: max_length=0"),
    ],
)
def test_errors_are_told(wrong, message):
    with pytest.raises(InputError, match=message):
        sample(once, (), 1, **{"max_length": 2, "start_id": 0, "end_id": 9, **wrong})
