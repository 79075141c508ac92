import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_seq.errors import InputError
from keras_seq.ops.ngrams import MOST_SLOTS, hash_ngrams, sum_of_different


def hashes(token_ids, longest=3, slots=97):
    return [ops.convert_to_numpy(each) for each in hash_ngrams(np.array(token_ids, "int32"), longest, slots)]


def by_python(ids, longest, slots):
    """The formula in Python's integers, which do not overflow: {(t, n): (slot, fingerprint)}."""
    found = {}
    for n, t in itertools.product(range(1, longest + 1), range(len(ids))):
        gram = ids[t - n + 1 : t + 1] if t >= n - 1 else []
        if len(gram) == n and min(gram) > 1:
            slot = print_ = 0
            for order, token in enumerate(gram, start=1):
                square = (token % 46337) ** 2
                slot = (slot * 1021 + square % slots + token + order) % slots
                print_ = (print_ * 2039 + square % 1_048_573 + token + order) % 1_048_573
            found[t, n] = (slot, print_ + 1)
    return found


@pytest.mark.parametrize("slots", [1, 97, 1_048_573, MOST_SLOTS])
def test_hashes_equal_pythons_integers_and_never_overflow(slots):
    random = np.random.default_rng(3)
    ids = random.choice([0, 1, 2, 3, 46_336, 46_337, 99_999, 5_000_000], size=40)
    slot, fingerprint, there = hashes([ids], 4, slots)
    expected = by_python(ids.tolist(), 4, slots)
    for t, n in itertools.product(range(40), range(1, 5)):
        assert there[0, t, n - 1] == ((t, n) in expected)
        if (t, n) in expected:
            assert (slot[0, t, n - 1], fingerprint[0, t, n - 1]) == expected[t, n]


def test_an_ngram_has_the_same_hashes_wherever_it_stands():
    slot, fingerprint, _ = hashes([[5, 6, 7, 9, 5, 6, 7, 0]])
    assert (slot[0, 2] == slot[0, 6]).all() and (fingerprint[0, 2] == fingerprint[0, 6]).all()


def test_hashes_spread_as_if_by_chance():
    grams = np.array(list(itertools.product(range(2, 202), repeat=2)), "int32")
    slot, fingerprint, _ = hashes(grams, 2, 1_048_573)
    filled = len(np.unique(slot[:, 1, 1]))
    assert filled > 0.99 * 1_048_573 * (1 - np.exp(-len(grams) / 1_048_573))
    assert len(set(zip(slot[:, 1, 1].tolist(), fingerprint[:, 1, 1].tolist(), strict=True))) == len(grams)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60))
def test_each_different_one_counts_once(items):
    prints, counted = np.array([p for p, _ in items]), np.array([c for _, c in items])
    values = np.stack([np.sin(prints), prints / 7], axis=-1).astype("float32")
    found = sum_of_different(values[None], prints[None].astype("int32"), counted[None], bins=64)
    expected = sum(np.array([np.sin(p), p / 7]) for p in {p for p, c in items if c})
    np.testing.assert_allclose(ops.convert_to_numpy(found)[0], expected, atol=1e-5)


def test_two_that_share_a_bin_count_as_often_as_they_stand():
    prints = np.array([[3, 67, 3, 5, 5]], "int32")  # 3 and 67 share a bin of 64; 5 has its own
    found = sum_of_different(np.ones((1, 5, 1), "float32"), prints, np.ones((1, 5), "bool"), bins=64)
    assert float(found[0, 0]) == 4.0


def test_too_many_slots_are_refused():
    with pytest.raises(InputError, match="slots must be between 1 and 2097143"):
        hashes([[2]], 1, MOST_SLOTS + 1)
