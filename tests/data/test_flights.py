import itertools
import os
import random
import re
import subprocess
import sys
from collections import Counter

import pytest

from keras_seq.data import flights, load_data, places, splits
from keras_seq.data.flight_phrases import GRAMMARS, INTENTS, NUMERALS, SLOTS
from keras_seq.data.made_up_places import made_up_names
from keras_seq.data.spans import tags_of_spans
from keras_seq.data.splitting import normalised
from keras_seq.errors import InputError
from keras_seq.text import CharacterTokenizer, WordTokenizer

pytest.importorskip("babel")
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def every():
    return {split: load_data("builtin:flights", "tagging", split) for split in SPLITS}


def is_chinese(text):
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def sentences(every, *, chinese):
    for examples in every.values():
        for tokens, tags, text in zip(examples["tokens"], examples["tags"], examples["text"], strict=True):
            if is_chinese(text) == chinese:
                yield tokens, tags, text


def spans(tokens, tags):
    """(first token, behind the last, label), read by a walk over the tags."""
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append([place, place + 1, tag[2:]])
        elif tag.startswith("I-"):
            assert found and found[-1][1] == place and found[-1][2] == tag[2:], (tokens, tags)
            found[-1][1] = place + 1
        else:
            assert tag == "O"
    return found


def places_in(examples):
    return {
        " ".join(tokens[start:end]).casefold()
        for tokens, tags in zip(examples["tokens"], examples["tags"], strict=True)
        for start, end, label in spans(tokens, tags)
        if label in ("from_place", "to_place")
    }


def test_the_sizes_are_as_listed_and_half_of_each_split_is_chinese(every):
    assert splits("builtin:flights", "tagging") == SPLITS
    for split, examples in every.items():
        assert len(examples) == {"train": 8000, "validation": 500, "test": 500}[split]
        assert sum(map(is_chinese, examples["text"])) == len(examples) / 2
        assert set(examples["intent"]) == set(INTENTS)
        assert not examples.skipped


def test_no_sentence_comes_twice_in_all_splits(every):
    texts = [normalised(text) for examples in every.values() for text in examples["text"]]
    assert len(set(texts)) == len(texts) == 9000


def test_what_was_said_once_is_not_said_again_even_by_a_small_grammar(monkeypatch):
    monkeypatch.setattr(flights, "INTENTS", ("book",))
    monkeypatch.setattr(flights, "SPLITS", {"train": 60, "validation": 10, "test": 10})
    monkeypatch.setattr(flights, "GRAMMARS", dict.fromkeys(("en", "zh"), {"book": ("{tickets} {class}",)}))
    texts = [normalised(text) for split in SPLITS for text in flights.load("x", split)["text"]]
    assert len(set(texts)) == len(texts) == 80


def test_no_place_of_one_split_stands_in_another(every):
    found = {split: places_in(examples) for split, examples in every.items()}
    assert min(map(len, found.values())) > 100
    for split in ("validation", "test"):
        for other in SPLITS:
            if other != split:
                said = [f" {name} " for name in found[other]]
                assert not [name for name in found[split] if any(f" {name} " in other for other in said)]


def test_words_of_the_tokenizer_are_the_tokens_and_every_place_is_tagged_whole(every):
    known = places.split_places("test")
    for split, examples in every.items():
        names = {
            normalised(" ".join(WordTokenizer().tokens(name))) for place in known[split] for name in place
        }
        made_up = places_in(examples) - names
        assert len(made_up) > 1000 if split == "train" else not made_up
        for tokens, text in zip(examples["tokens"], examples["text"], strict=True):
            assert WordTokenizer(lowercase=False).tokens(text) == tokens
            assert WordTokenizer().tokens(text) == [WordTokenizer().tokens(token)[0] for token in tokens]
            if is_chinese(text) and not re.search(r"[0-9A-Za-z]", text):
                assert CharacterTokenizer().tokens(text) == list(text) == tokens


def test_made_up_names_are_put_together_from_others_and_meet_no_name_that_must_stay_unseen():
    known = places.split_places("test")
    elsewhere = [*known["validation"], *known["test"]]
    for language, letters in (("en", r"[^\W\d_]+([.’ -]+[^\W\d_]+)*"), ("zh", "[\u4e00-\u9fff]{2,7}")):
        rng = random.Random(3)
        names = list(itertools.islice(made_up_names(rng, known["train"], elsewhere, language), 500))
        assert len(set(names)) > 400 and all(re.fullmatch(letters, name) for name in names)
        for name in names:
            padded = f" {name.casefold()} "
            for place in elsewhere:
                other = getattr(place, language).casefold()
                held = other in padded if language == "zh" else f" {other} " in padded
                assert not held and padded.strip() not in other.split(" ") and name.casefold() != other
        assert language == "zh" or all(
            any(shape in name for name in names) for shape in ("St. ", "-", " of ")
        )
    said = set("".join("".join(phrases) for phrases in GRAMMARS["zh"].values()))
    seen = set("".join(place.zh for place in known["train"]))
    assert any(set(name) & (said - seen) for name in names) and any(set(name) - said - seen for name in names)


def test_between_two_names_that_a_reader_cannot_know_stands_a_word(every):
    """Otherwise nobody could say where "Redwing Oslo" ends and the place begins."""
    unknown = {"airline", "class", "from_place", "to_place"}
    for tokens, tags, text in sentences(every, chinese=False):
        found = spans(tokens, tags)
        for (_, end, label), (start, _, after) in itertools.pairwise(found):
            assert end < start or not {label, after} <= unknown, text


def test_sentences_end_with_all_marks_or_none_and_a_mark_is_never_part_of_a_slot(every):
    for chinese, wanted in ((False, {".", "!", "?"}), (True, {"。", "！", "？"})):
        ends = Counter()
        for tokens, tags, _ in sentences(every, chinese=chinese):
            ends[tokens[-1] if tokens[-1] in wanted else None] += 1
            assert tokens[-1] not in wanted or tags[-1] == "O"
        assert set(ends) == {*wanted, None} and min(ends.values()) > 200


def test_spans_begin_and_end_with_tokens(every):
    """What fills a slot never shares a token with what stands beside it."""
    for tokens, tags, text in (*sentences(every, chinese=True), *sentences(every, chinese=False)):
        for start, end, label in spans(tokens, tags):
            if label == "flight_number":
                assert re.fullmatch("[A-Za-z]{2}[0-9]{3,4}", "".join(tokens[start:end])), text
            if label == "tickets":
                assert end == start + 1 and tokens[start].lower() in NUMERALS["en"] + NUMERALS["zh"]


def test_in_chinese_what_stands_before_a_place_says_whether_one_goes_there(every):
    count = 0
    for tokens, tags, text in sentences(every, chinese=True):
        for start, _, label in spans(tokens, tags):
            if label in ("from_place", "to_place"):
                goes = start > 0 and tokens[start - 1] in "去到飞往"
                assert goes == (label == "to_place"), text
                count += 1
    assert count > 2000


def test_in_english_what_stands_before_a_place_says_whether_one_goes_there(every):
    for tokens, tags, text in sentences(every, chinese=False):
        words = ["", "", *(token.lower() for token in tokens)]
        for start, _, label in spans(tokens, tags):
            if label in ("from_place", "to_place"):
                before, word = words[start : start + 2]
                goes = word in ("to", "into", "for", "and") or (word == "in" and before != "am")
                assert goes == (label == "to_place"), text


def test_most_sentences_say_where_and_every_slot_is_said_in_both_languages(every):
    for chinese in (True, False):
        said = [spans(tokens, tags) for tokens, tags, _ in sentences(every, chinese=chinese)]
        labels = [{label for *_, label in found} for found in said]
        assert set().union(*labels) == set(SLOTS.values())
        assert sum("to_place" in found for found in labels) > len(labels) / 2


def test_the_classic_sentence_can_be_said_and_is_tagged_as_it_should_be():
    pieces = [("我想订", None), ("一", "tickets"), ("张", None), ("12月2号", "date"), ("去", None)]
    pieces += [("台北", "to_place"), ("的", None), ("票", None)]
    tokens = WordTokenizer().split("".join(piece for piece, _ in pieces))
    tagged = zip((token.text for token in tokens), tags_of_spans(tokens, flights._spans(pieces)), strict=True)
    assert " ".join(f"{token}/{tag}" for token, tag in tagged) == (
        "我/O 想/O 订/O 一/B-tickets 张/O 12/B-date 月/I-date 2/I-date 号/I-date 去/O 台/B-to_place "
        "北/I-to_place 的/O 票/O"
    )
    assert "我想订" in GRAMMARS["zh"]["want"] and "去{to}" in GRAMMARS["zh"]["route"]
    assert "台北" in {place.zh for found in places.split_places("test").values() for place in found}


def test_a_seed_fixes_everything_and_another_changes_it(every):
    assert load_data("builtin:flights", "tagging", "test") == every["test"]
    assert load_data("builtin:flights", "tagging", "test", seed=1).columns != every["test"].columns


def test_two_processes_say_the_same():
    code = (
        "import hashlib, sys; from keras_seq.data import load_data;"
        "e = load_data('builtin:flights', 'tagging', 'validation');"
        "print(hashlib.sha256(repr(e.columns).encode()).hexdigest(), 'tensorflow' in sys.modules)"
    )
    said = []
    for seed in ("1", "2"):
        command, environment = [sys.executable, "-c", code], {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        said.append(run.stdout.split())
    assert said[0] == said[1] and said[0][1] == "False"


def test_without_babel_the_command_that_installs_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel", None)
    places.locale.cache_clear()
    with pytest.raises(InputError) as caught:
        load_data("builtin:flights", "tagging")
    assert "builtin:flights needs the PyPI package babel" in str(caught.value)
    assert "pip install 'keras_seq[tagging]'" in str(caught.value)


def test_an_option_that_means_nothing_here_is_refused():
    with pytest.raises(InputError, match="has its own columns. Received: --tag-column x. Leave it out."):
        load_data("builtin:flights", "tagging", tag_column="x")
