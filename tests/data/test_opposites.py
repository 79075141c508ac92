from collections import Counter

import pytest

from keras_seq.data import load_data, splits
from keras_seq.data.opposites import OPPOSITES, mistyped_words

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def every():
    return {split: load_data("builtin:opposites", "translation", split) for split in SPLITS}


def changes(word, typed):
    """The least number of letters doubled or dropped that make `typed` of `word`; None above two."""
    level = {word}
    for count in range(3):
        if typed in level:
            return count
        doubled = {w[:i] + w[i] + w[i:] for w in level for i in range(len(w))}
        level = doubled | {w[:i] + w[i + 1 :] for w in level for i in range(len(w)) if len(w) > 3}
    return None


def test_the_test_holds_the_six_words_and_two_mistyped_ones(every):
    pairs = [" ".join(pair) for pair in zip(*every["test"].columns.values(), strict=True)]
    exercise = ["man women", "black white", "king queen", "girl boy", "up down", "high low"]
    assert pairs == [*exercise, "highh low", "blck white"]


def test_the_sizes_are_as_said_and_every_word_comes_equally_often(every):
    assert splits("builtin:opposites", "translation") == SPLITS
    assert [len(every[split]) for split in SPLITS] == [1200, 12, 8]
    for split in ("train", "validation"):
        assert set(Counter(every[split]["target"]).values()) == {len(every[split]) // 6}
    assert sum(word in OPPOSITES for word in every["train"]["source"]) == 600


def test_nothing_mistyped_stands_in_two_splits(every):
    typed = [set(every[split]["source"]) - set(OPPOSITES) for split in SPLITS]
    assert not typed[0] & typed[1] and not typed[0] & typed[2] and not typed[1] & typed[2]
    assert not set(every["validation"]["source"]) & set(OPPOSITES)
    assert len(set(every["train"]["source"])) > 100


def test_every_word_is_one_of_the_six_within_two_mistakes_and_no_other(every):
    """By a search of its own over doubled and dropped letters."""
    for examples in every.values():
        for typed, answer in set(zip(examples["source"], examples["target"], strict=True)):
            reached = [word for word in OPPOSITES if changes(word, typed) is not None]
            assert [OPPOSITES[word] for word in reached] == [answer], typed
            assert typed in OPPOSITES or typed not in OPPOSITES.values()


def test_what_two_words_share_is_left_out(monkeypatch):
    words = {"ab": "x", "aab": "y", "cab": "z"}
    monkeypatch.setattr("keras_seq.data.opposites.OPPOSITES", words)
    forms = mistyped_words()
    assert "aaab" not in forms["ab"] + forms["aab"]  # two letters doubled, or one
    assert "ccab" in forms["cab"] and not set(words) & set().union(*forms.values())
    for word, own in forms.items():
        assert all([w for w in words if changes(w, typed) is not None] == [word] for typed in own)


def test_a_seed_fixes_everything_and_another_changes_the_training_alone(every):
    again, other = (
        {split: load_data("builtin:opposites", "translation", split, seed=seed) for split in SPLITS}
        for seed in (0, 1)
    )
    assert again == every
    assert other["test"] == every["test"] and other["train"].columns != every["train"].columns
