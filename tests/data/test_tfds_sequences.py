"""Small TFDS sets of tagged sentences, prepared here by TFDS itself."""

import numpy as np
import pytest

from keras_seq.data import load_data, splits
from keras_seq.errors import InputError
from tests.data.test_tfds import builder_class, no_network  # noqa: F401

tfds = pytest.importorskip("tensorflow_datasets")

WORDS = tfds.features.Sequence(tfds.features.Text())
NUMBERS = tfds.features.Sequence(tfds.features.Scalar(np.int32))


def classes(*names):
    return tfds.features.Sequence(tfds.features.ClassLabel(names=names))


def names(i):
    return {"tokens": ["Rome", f"w{i}"], "pos": [1, 0], "chunks": [0, 0], "ner": [1, 0]}


EMPTY = {"tokens": [], "pos": [], "chunks": [], "ner": []}
PARTS = {"tokens": WORDS, "pos": classes("V", "N"), "chunks": classes("B-NP"), "ner": classes("O", "B-LOC")}
DEPENDENCIES = dict.fromkeys(("tokens", "lemmas", "head", "deprel"), WORDS)
DEPENDENCIES["upos"] = classes("AUX", "PART", "_")
SETS = {
    "small_names": (
        PARTS,
        {"train": [*map(names, range(200)), EMPTY], "test": [*map(names, range(5)), EMPTY]},
    ),
    "small_dependencies": (
        DEPENDENCIES,
        {
            "dev": [
                {
                    "tokens": ["didn't", "did", "n't", "done"],
                    "lemmas": ["_", "do", "not", "do"],
                    "upos": [2, 0, 1, 0],
                    "head": ["None", "0", "1", "None"],
                    "deprel": ["_", "root", "x", "_"],
                },
                {column: [] for column in DEPENDENCIES},
            ]
        },
    ),
    "crooked": (
        {"words": WORDS, "tags": classes("A", "B")},
        {"train": [{"words": ["a", "b"], "tags": [0, 1]}, {"words": ["a", "b"], "tags": [0]}]},
    ),
    "hidden_tags": (
        {"tokens": WORDS, "tags": classes("A", "B")},
        {
            "test": [{"tokens": ["a"], "tags": [-1]}],
            "validation": [{"tokens": ["a"], "tags": [0]}, {"tokens": ["a"], "tags": [-1]}],
        },
    ),
    "open": (
        {"one": WORDS, "other": WORDS, "counts": NUMBERS},
        {"train": [{"one": ["a"], "other": ["b"], "counts": [3]}]},
    ),
    "no_sequences": ({"text": tfds.features.Text()}, {"train": [{"text": "a"}]}),
}  # fmt: skip


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    for name, (features, examples) in SETS.items():
        builder_class(name, features, examples)(data_dir=folder).download_and_prepare()
    return folder


def load(name, data_dir, split="train", **options):
    return load_data(f"tfds:{name}", "tagging", split, data_dir=data_dir, **options)


def test_tokens_and_tags_are_read_and_the_empty_example_is_left_out_and_counted(data_dir):
    test = load("small_names", data_dir, "test")
    assert sorted(test["tokens"]) == [["Rome", f"w{i}"] for i in range(5)]
    assert test["tags"] == [["B-LOC", "O"]] * 5
    assert test.skipped == {"empty sentence": 1}


@pytest.mark.parametrize("column, tags", [("pos", "N V"), ("chunks", "B-NP B-NP"), ("ner", "B-LOC O")])
def test_the_tags_can_be_chosen_among_several(data_dir, column, tags):
    assert load("small_names", data_dir, "test", tag_column=column)["tags"] == [tags.split()] * 5


def test_where_validation_is_missing_a_fixed_tenth_of_train_is_held_out_and_said(data_dir):
    train, validation = (load("small_names", data_dir, split) for split in ("train", "validation"))
    together = sorted(train["tokens"] + validation["tokens"])
    assert together == sorted(["Rome", f"w{i}"] for i in range(200))
    assert 5 < len(validation) < 50 and "fixed tenth" in validation.notes[0]
    assert splits("tfds:small_names", "tagging", data_dir) == ("train", "validation", "test")


def test_what_is_no_word_in_universal_dependencies_is_left_out_and_counted(data_dir):
    examples = load("small_dependencies", data_dir, "validation")
    assert examples.columns == {"tokens": [["did", "n't"]], "tags": [["AUX", "PART"]]}
    assert examples.skipped == {"multiword range or empty node: no word": 2, "empty sentence": 1}
    assert load("small_dependencies", data_dir, "validation", tag_column="lemmas")["tags"] == [["do", "not"]]
    assert load("small_dependencies", data_dir, "validation", tag_column="head")["tags"] == [["0", "1"]]


def test_tokens_and_tags_of_different_number_are_refused(data_dir):
    with pytest.raises(InputError) as caught:
        load("crooked", data_dir)
    assert "of its split 'train' has not as many tags as tokens" in str(caught.value)
    assert "Received: {'words': 2, 'tags': 1}." in str(caught.value)


def test_hidden_tags_are_counted_and_a_split_of_them_is_refused(data_dir):
    assert load("hidden_tags", data_dir, "validation").skipped == {"no label": 1}
    with pytest.raises(InputError, match="has no labels .all 1 are hidden(?s:.*)--split validation"):
        load("hidden_tags", data_dir, "test")


def test_features_that_leave_a_doubt_or_do_not_fit_are_refused(data_dir):
    with pytest.raises(InputError, match="open which feature is the tokens: one, other"):
        load("open", data_dir)
    with pytest.raises(InputError, match="tfds:no_sequences does not fit tagging: none of its"):
        load("no_sequences", data_dir)
    with pytest.raises(InputError, match="there is no column 'nre'. Did you mean 'ner'?"):
        load("small_names", data_dir, tag_column="nre")


def test_without_a_network_data_of_the_task_is_offered(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_seq.data.tfds.reaches_any", lambda urls: False)
    with pytest.raises(InputError, match="data that needs none: package:people-daily, builtin:flights."):
        load("conll2003", tmp_path)
