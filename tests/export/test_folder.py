import pytest

from keras_seq.errors import InputError
from keras_seq.export.folder import kind_of, load_labels, save_labels, seal, verify, why_not_replace


@pytest.fixture
def exported(tmp_path):
    """A folder that looks exported."""
    (tmp_path / "model.tflite").write_bytes(b"\x00model")
    (tmp_path / "config.yaml").write_text("app: sentiment\n")
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "数.index").write_bytes(b"3")
    seal(tmp_path)
    return tmp_path


def test_the_card_may_be_edited(exported):
    (exported / "README.md").write_text("# My notes\n")
    verify(exported)
    assert why_not_replace(exported) is None


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (["model.tflite", "config.yaml"], "tflite"),
        (["saved_model.pb", "config.yaml"], "saved_model"),
        (["model.keras", "config.yaml", "vocabulary.txt"], "run"),
        (["config.yaml"], "run"),
        (["holiday.jpg"], None),
        ([], None),
    ],
)
def test_the_kind_of_a_folder_is_known_by_its_files(tmp_path, files, kind):
    for file in files:
        (tmp_path / file).touch()
    assert kind_of(tmp_path) == kind


def test_what_is_no_folder_has_no_kind(tmp_path):
    assert kind_of(tmp_path / "nowhere") is None


def test_an_export_that_lost_its_model_is_still_one(exported):
    (exported / "model.tflite").unlink()
    assert kind_of(exported) == "tflite"


def test_an_export_may_be_replaced_and_nothing_else(exported, tmp_path_factory):
    assert why_not_replace(exported) is None
    (exported / "notes.txt").touch()
    assert "it holds notes.txt" in why_not_replace(exported)
    run = tmp_path_factory.mktemp("run")
    (run / "config.yaml").touch()
    assert "it is a run folder" in why_not_replace(run)
    own = tmp_path_factory.mktemp("own")
    (own / "model.tflite").touch()
    assert "not an earlier export" in why_not_replace(own)


def test_labels_come_back_in_their_order(tmp_path):
    labels = ["positive", "negative", "中性", " spaced "]
    save_labels(tmp_path, labels)
    assert load_labels(tmp_path) == labels


@pytest.mark.parametrize("label", ["", "two\nlines", "two\u2028lines"])
def test_a_label_that_is_not_one_line_is_refused(tmp_path, label):
    with pytest.raises(InputError, match="one line of text"):
        save_labels(tmp_path, ["good", label])


def test_labels_that_are_not_utf8_are_refused(tmp_path):
    (tmp_path / "labels.txt").write_bytes(b"g\xffod\n")
    with pytest.raises(InputError, match=r"labels\.txt cannot be read as UTF-8"):
        load_labels(tmp_path)
