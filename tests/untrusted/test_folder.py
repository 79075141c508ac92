"""A folder from elsewhere cannot have anything beside it read, or make anybody wait."""

import os
import sys

import pytest

from keras_seq.application.run_folder import RunFolder
from keras_seq.errors import InputError
from keras_seq.untrusted import check_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and holes of Unix")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.yaml").write_text("units: 8\n")
    (tmp_path / "run" / "inner").mkdir(parents=True)
    (tmp_path / "run" / "config.yaml").write_text("units: 8\n")
    return tmp_path / "run"


def test_links_inside_a_folder_and_to_it_may_stay(folder, tmp_path):
    (folder / "inner" / "again").symlink_to(folder / "config.yaml")
    (folder / "inner" / "round").symlink_to(folder)
    (tmp_path / "latest").symlink_to(folder)
    check_folder(folder)
    assert RunFolder(tmp_path / "latest").read_config() == {"units": 8}


@pytest.mark.parametrize("target", ["../secret.yaml", "/etc/passwd", "..", "../nothing", "../run-of-another"])
def test_a_link_that_leads_out_is_refused_before_anything_is_read(folder, target):
    (folder / "config.yaml").unlink()
    (folder / "config.yaml").symlink_to(target)
    with pytest.raises(InputError, match=r"run/config\.yaml is a link that leads out of the folder"):
        RunFolder(folder).read_config()


def test_a_pipe_is_refused_instead_of_waited_for(folder):
    os.mkfifo(folder / "inner" / "labels.txt")
    with pytest.raises(InputError, match=r"inner/labels\.txt is neither a file nor a folder"):
        check_folder(folder)


@pytest.mark.parametrize("name", ["vocabulary.txt", "model.tflite", "saved_model.pb", "model.keras"])
def test_a_file_of_a_terabyte_that_is_all_holes_is_refused(folder, name):
    with open(folder / name, "wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match=rf"{name} (has|says that it has) 1,099,511,627,776 bytes"):
        check_folder(folder)
