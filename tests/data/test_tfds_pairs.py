"""Small TFDS sets of translations, prepared here by TFDS itself."""

import numpy as np
import pytest

from keras_seq.data import load_data, splits
from keras_seq.data.splitting import split_of
from keras_seq.errors import InputError
from tests.data.test_tfds import builder_class, no_network  # noqa: F401

tfds = pytest.importorskip("tensorflow_datasets")

TEXT, NUMBER = tfds.features.Text(), tfds.features.Scalar(np.int32)
TALKS = [{"de": f"Satz {i}", "en": f"sentence {i}"} for i in range(200)]
LINKED = {"source_language": TEXT, "source_sentence": TEXT, "target_language": TEXT, "target_sentence": TEXT}
SETS = {
    "small_talks": (
        tfds.features.Translation(["en", "de"]),
        {"train": TALKS, "test": [*TALKS[:5], {"de": " ", "en": "x"}, {"de": "y", "en": ""}]},
    ),
    "small_links": (
        LINKED,
        {"train": [dict(zip(LINKED, ("zh", f"句子 {i}\n", "en", f"sentence {i}\r\n"), strict=True))
                   for i in range(200)]},
    ),
    "two_sides": ({"question": TEXT, "answer": TEXT, "number": NUMBER},
                  {"test": [{"question": "q", "answer": "a", "number": 1}]}),
    "three_sides": ({"en": TEXT, "de": TEXT, "cs": TEXT}, {"test": [{"en": "e", "de": "d", "cs": "c"}]}),
    "nested": ({"id": NUMBER, "translation": tfds.features.Translation(["en", "zh"])},
               {"test": [{"id": 1, "translation": {"en": "good", "zh": "好"}}]}),
    "one_side": ({"text": TEXT, "label": tfds.features.ClassLabel(names=["a"])},
                 {"test": [{"text": "t", "label": 0}]}),
}  # fmt: skip
ORDER = {"small_talks": ("en", "de")}  # the order of the features is that of the alphabet


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    for name, (features, examples) in SETS.items():
        builder_class(name, features, examples, ORDER.get(name))(data_dir=folder).download_and_prepare()
    return folder


def load(name, data_dir, split="train", **options):
    return load_data(f"tfds:{name}", "translation", split, data_dir=data_dir, **options)


def test_a_translation_is_read_in_the_sets_own_order_and_empty_sides_are_counted(data_dir):
    test = load("small_talks", data_dir, "test")
    assert sorted(zip(*test.columns.values(), strict=True)) == [
        (f"sentence {i}", f"Satz {i}") for i in range(5)
    ]
    assert list(test.columns) == ["source", "target"]
    assert test.skipped == {"empty target": 1, "empty source": 1}
    assert test == load("small_talks", data_dir, "test")


def test_the_languages_can_be_chosen(data_dir):
    test = load("small_talks", data_dir, "test", source_language="de")
    assert sorted(test["source"]) == [f"Satz {i}" for i in range(5)]
    assert load("three_sides", data_dir, "test", source_language="cs", target_language="de").columns == {
        "source": ["c"],
        "target": ["d"],
    }
    assert load("nested", data_dir, "test", source_language="zh", target_language="en")["source"] == ["好"]


def test_two_texts_are_a_pair(data_dir):
    assert set(load("two_sides", data_dir, "test").columns) == {"source", "target"}
    chosen = load("two_sides", data_dir, "test", source_language="question", target_language="answer")
    assert chosen.columns == {"source": ["q"], "target": ["a"]}


def test_languages_that_the_examples_say_can_be_chosen_and_line_ends_are_no_part_of_sentences(data_dir):
    linked = load("small_links", data_dir)
    assert all(source.startswith("句子") and source == source.strip() for source in linked["source"])
    turned = load("small_links", data_dir, source_language="en", target_language="zh")
    assert all(text == text.strip() for column in turned.columns.values() for text in column)
    numbers = [[text.split()[1] for text in column] for column in turned.columns.values()]
    assert numbers[0] == numbers[1] and all(text.startswith("sentence") for text in turned["source"])


@pytest.mark.parametrize("options", [{}, {"source_language": "de"}])
def test_where_validation_is_missing_a_tenth_is_held_out_by_the_source(data_dir, options):
    train, validation = (load("small_talks", data_dir, split, **options) for split in ("train", "validation"))
    assert len(train) + len(validation) == 200 and 5 < len(validation) < 50
    assert {split_of(source) for source in validation["source"]} == {"validation"}
    assert "validation" not in set(map(split_of, train["source"])) and "fixed tenth" in validation.notes[0]
    assert splits("tfds:small_talks", "translation", data_dir) == ("train", "validation", "test")


def test_a_language_that_is_not_there_is_answered_with_those_that_are(data_dir):
    for name in ("small_talks", "small_links"):
        there = {"small_talks": "de, en", "small_links": "zh, en"}[name]
        with pytest.raises(InputError, match=f"no language 'fr', as --source-language .* There are: {there}"):
            load(name, data_dir, source_language="fr")
    with pytest.raises(InputError, match="it is open which language is the source"):
        load("three_sides", data_dir, "test")


def test_a_set_without_two_texts_is_refused(data_dir):
    with pytest.raises(InputError, match="tfds:one_side does not fit translation: it has no two texts."):
        load("one_side", data_dir, "test")


def test_what_fits_is_known_before_anything_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_seq.data.tfds.reaches_any", lambda urls: False)
    offered = "data that needs none: package:jupyterlab-zh, builtin:dates."
    for name, options in (
        ("ted_hrlr_translate/pt_to_en", {"source_language": "en"}),
        ("tatoeba/tatoeba_zh", {"source_language": "en", "target_language": "zh"}),
    ):
        with pytest.raises(InputError, match=f"is not prepared in (?s:.*){offered}"):
            load(name, tmp_path, **options)
    with pytest.raises(InputError, match="there is no language 'fr'"):
        load("ted_hrlr_translate/pt_to_en", tmp_path, source_language="fr")
    with pytest.raises(InputError, match="does not fit translation"):
        load("mnist", tmp_path)
