"""Counting in bounded memory."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from keras_seq.text import counting
from keras_seq.text.counting import count_tokens


@given(st.lists(st.lists(st.sampled_from("abcdef"))))
def test_few_different_tokens_are_counted_exactly(texts):
    assert count_tokens(iter(texts), most=6) == Counter(token for tokens in texts for token in tokens)


def test_of_very_many_the_frequent_ones_keep_their_counts(monkeypatch):
    monkeypatch.setattr(counting, "_TEXTS_AT_ONCE", 8)
    rng = random.Random(0)
    texts = [[rng.choice("abcd"), f"rare{place}"] for place in range(5000)]
    exact = Counter(token for tokens in texts for token in tokens)
    counts = count_tokens(texts, most=100)
    assert len(counts) <= 108
    assert {token: counts[token] for token in "abcd"} == {token: exact[token] for token in "abcd"}
