import errno
import os

import pytest

from keras_seq.errors import InputError
from keras_seq.viz import TokenWeights, page, write

VIEW = TokenWeights("一 film", [(0, 1), (2, 6)], [0.4, 0.6])


def test_the_suffix_chooses_the_kind(tmp_path):
    pytest.importorskip("matplotlib")
    english = TokenWeights("film", [(0, 4)], [1.0])
    assert write([english], tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert english.png(tmp_path / "b.png").read_bytes() == (tmp_path / "a.PNG").read_bytes()
    assert write(VIEW, tmp_path / "a.html").read_text("utf-8") == page([VIEW])
    assert "<title>Mine</title>" in write(VIEW, str(tmp_path / "b.html"), "Mine").read_text("utf-8")
    assert sorted(os.listdir(tmp_path)) == ["a.PNG", "a.html", "b.html", "b.png"]


@pytest.mark.parametrize("name", ["a.jpg", "a", "html", "a.html.gz"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"must end in \.html or \.png\.\nReceived: .*" + name):
        write(VIEW, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(
        InputError, match=r"There is no folder .*absent to write the picture into; make it first\.\nReceived"
    ):
        write(VIEW, tmp_path / "absent" / "a.html")


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path):
    (tmp_path / "a.html").mkdir()
    with pytest.raises(InputError, match="needs a file name, and this is a folder"):
        write(VIEW, tmp_path / "a.html")


def test_when_writing_fails_the_older_picture_is_left_whole(tmp_path, monkeypatch):
    older = write(VIEW, tmp_path / "a.html").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write(TokenWeights("other", [(0, 5)], [1.0]), tmp_path / "a.html")
    assert os.listdir(tmp_path) == ["a.html"]
    assert (tmp_path / "a.html").read_bytes() == older


def test_matplotlib_missing_leaves_no_file(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'keras_seq\[plot\]'"):
        write(VIEW, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []
