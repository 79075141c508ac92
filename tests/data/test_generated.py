import re

import pytest

from keras_seq.data import load_data
from keras_seq.data.generated import _BAD, _BAD_ZH, _GOOD, _GOOD_ZH
from keras_seq.data.splitting import normalised

NAMES = ("builtin:opinions", "builtin:opinions-zh")
SPLITS = ("train", "validation", "test")


def every(name, **options):
    return {split: load_data(name, split=split, **options) for split in SPLITS}


@pytest.mark.parametrize("name", NAMES)
def test_the_sizes_are_as_listed_and_half_of_each_split_is_positive(name):
    for split, examples in every(name).items():
        assert len(examples) == {"train": 2000, "validation": 300, "test": 300}[split]
        assert examples["label"].count("pos") == examples["label"].count("neg") == len(examples) / 2
        assert (examples.name, examples.split, examples.skipped) == (name, split, {})


@pytest.mark.parametrize("name", NAMES)
def test_no_text_comes_twice_in_all_splits(name):
    texts = [normalised(text) for examples in every(name).values() for text in examples["text"]]
    assert len(set(texts)) == len(texts) == 2600


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_fixes_everything_and_another_seed_changes_it(name):
    assert every(name, seed=4) == every(name, seed=4)
    one, other = load_data(name, seed=4), load_data(name, seed=5)
    assert one.columns != other.columns


def verdict(sentence, good, bad, denials, aside):
    """The label worked out from the words alone: the main clause, its quality, and whether it is denied."""
    for pattern in aside:
        sentence = re.sub(pattern, "", sentence)
    quality = next(word for word in sorted(good + bad, key=len, reverse=True) if word in sentence)
    denied = any(denial in sentence for denial in denials)
    return "pos" if (quality in good) != denied else "neg"


def test_english_labels_agree_with_a_second_reading_of_the_sentences():
    denials = ("was not ", "was never ", "anything but ", "nobody would call")
    aside = (r"^although [^,]*, ", r", (even though|although) .*$", r"^.*, but (?!also)", r" and the .*$",
             r" and nobody would .*$")  # fmt: skip
    for examples in every("builtin:opinions").values():
        for text, label in zip(examples["text"], examples["label"], strict=True):
            plain = text.lower().replace("was not only ", "was ")
            assert verdict(plain, _GOOD, _BAD, denials, aside) == label, text


def test_chinese_labels_agree_with_a_second_reading_of_the_sentences():
    denials = ("并不", "一点也不", "算不上", "没有人会说")
    aside = ("^虽然[^，]*，", "，尽管.*$", "^.*，(但是|不过)", "，而且.*$")
    for examples in every("builtin:opinions-zh").values():
        for text, label in zip(examples["text"], examples["label"], strict=True):
            assert verdict(text.replace("不仅", ""), _GOOD_ZH, _BAD_ZH, denials, aside) == label, text


@pytest.mark.parametrize("name, words", [(NAMES[0], r"[a-z]+"), (NAMES[1], r"[\u4e00-\u9fff]")])
def test_no_single_word_settles_the_label(name, words):
    train, test = load_data(name), load_data(name, split="test")
    split = [set(re.findall(words, text.lower())) for text in train["text"]]
    held = [set(re.findall(words, text.lower())) for text in test["text"]]
    for word in set().union(*split):
        labels = [label for found, label in zip(split, train["label"], strict=True) if word in found]
        if len(labels) < 30:
            continue
        common = max(set(labels), key=labels.count)
        rule = [common if word in found else {"pos": "neg", "neg": "pos"}[common] for found in held]
        assert sum(a == b for a, b in zip(rule, test["label"], strict=True)) / len(rule) < 0.7, word
