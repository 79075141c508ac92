import errno
import os
from pathlib import Path

import pytest

from keras_seq.errors import InputError
from keras_seq.files import remove_unfinished, write_atomically, write_folder_atomically


def everything(folder: Path) -> dict[str, str]:
    """Every file below a folder with its content; hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def full_disk():
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestFile:
    def test_it_stands_under_its_name_when_the_block_has_ended(self, tmp_path):
        with write_atomically(tmp_path / "a.txt") as side:
            side.write_text("new")
            assert not (tmp_path / "a.txt").exists()
        assert everything(tmp_path) == {"a.txt": "new"}

    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
    def test_what_was_there_stays_and_nothing_half_written_is_left(self, tmp_path, interruption):
        (tmp_path / "a.txt").write_text("old")
        with pytest.raises(interruption), write_atomically(tmp_path / "a.txt") as side:
            side.write_text("hal")
            raise interruption
        assert everything(tmp_path) == {"a.txt": "old"}

    def test_a_full_disk_is_said_with_the_path(self, tmp_path):
        path = tmp_path / "评论.txt"
        with (
            pytest.raises(InputError, match=r"评论.txt could not be written: No space left on device"),
            write_atomically(path) as side,
        ):
            side.write_text("hal")
            raise full_disk()
        assert everything(tmp_path) == {}

    def test_an_error_about_another_file_is_left_as_it_is(self, tmp_path):
        (tmp_path / "out").mkdir()
        with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "out" / "a.txt"):
            (tmp_path / "elsewhere.txt").read_text()

    def test_a_folder_that_is_not_there_is_said(self, tmp_path):
        with (
            pytest.raises(InputError, match="No such file or directory"),
            write_atomically(tmp_path / "nowhere" / "a.txt") as side,
        ):
            side.write_text("new")

    def test_a_folder_of_that_name_is_refused(self, tmp_path):
        with pytest.raises(InputError, match="this is a folder"), write_atomically(tmp_path):
            raise AssertionError("nothing is written")

    def test_a_link_keeps_its_place(self, tmp_path):
        (tmp_path / "real.txt").write_text("old")
        (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
        with write_atomically(tmp_path / "link.txt") as side:
            side.write_text("new")
        assert (tmp_path / "link.txt").is_symlink()
        assert (tmp_path / "real.txt").read_text() == "new"

    def test_its_permissions_are_those_of_any_new_file(self, tmp_path):
        (tmp_path / "plain.txt").write_text("")
        with write_atomically(tmp_path / "a.txt") as side:
            side.write_text("new")
        assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


class TestFolder:
    def test_it_stands_under_its_name_when_the_block_has_ended_and_its_parents_are_made(self, tmp_path):
        with write_folder_atomically(tmp_path / "b" / "c") as side:
            (side / "a.txt").write_text("new")
            assert not (tmp_path / "b" / "c").exists()
        assert everything(tmp_path) == {"b/c/a.txt": "new"}

    def test_an_empty_folder_is_replaced(self, tmp_path):
        (tmp_path / "c").mkdir()
        with write_folder_atomically(tmp_path / "c") as side:
            (side / "a.txt").write_text("new")
        assert everything(tmp_path) == {"c/a.txt": "new"}

    def test_a_folder_with_something_in_it_is_refused_before_anything_is_written(self, tmp_path):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "mine.txt").write_text("mine")
        with (
            pytest.raises(InputError, match="is left as it is: it is not empty"),
            write_folder_atomically(tmp_path / "c"),
        ):
            raise AssertionError("nothing is written")
        assert everything(tmp_path) == {"c/mine.txt": "mine"}

    def test_one_that_may_be_replaced_goes_only_when_the_new_one_is_whole(self, tmp_path):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "a.txt").write_text("old")
        with write_folder_atomically(tmp_path / "c", may_replace=lambda _: None) as side:
            (side / "b.txt").write_text("new")
            assert (tmp_path / "c" / "a.txt").read_text() == "old"
        assert everything(tmp_path) == {"c/b.txt": "new"}

    def test_the_reason_for_a_refusal_is_said(self, tmp_path):
        (tmp_path / "a.txt").write_text("")
        with (
            pytest.raises(InputError, match="it is a diary"),
            write_folder_atomically(tmp_path, may_replace=lambda _: "it is a diary"),
        ):
            pass

    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
    def test_what_was_there_stays_and_nothing_half_written_is_left(self, tmp_path, interruption):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "a.txt").write_text("old")
        with pytest.raises(interruption), write_folder_atomically(tmp_path / "c", lambda _: None) as side:
            (side / "a.txt").write_text("hal")
            raise interruption
        assert everything(tmp_path) == {"c/a.txt": "old"}

    def test_the_old_folder_comes_back_when_the_last_renaming_fails(self, tmp_path, monkeypatch):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "a.txt").write_text("old")
        rename = Path.rename

        def failing(self, target):
            if self.name.endswith(".part"):
                raise full_disk()
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", failing)
        with (
            pytest.raises(InputError, match="No space left"),
            write_folder_atomically(tmp_path / "c", lambda _: None) as side,
        ):
            (side / "a.txt").write_text("new")
        assert everything(tmp_path) == {"c/a.txt": "old"}

    def test_a_file_of_that_name_is_refused(self, tmp_path):
        (tmp_path / "c").write_text("mine")
        with pytest.raises(InputError, match="this is a file"), write_folder_atomically(tmp_path / "c"):
            raise AssertionError("nothing is written")


class TestWhatAKilledProcessLeft:
    def test_unfinished_files_and_folders_are_cleared_away_and_nothing_else(self, tmp_path):
        (tmp_path / ".model.123-0a1b2c.part.keras").write_text("half")
        (tmp_path / ".epoch-0001.123-0a1b2c.part").mkdir()
        (tmp_path / ".epoch-0001.123-0a1b2c.part" / "model.keras").write_text("half")
        (tmp_path / ".mine").write_text("mine")
        remove_unfinished(tmp_path)
        assert everything(tmp_path) == {".mine": "mine"}
        assert [path.name for path in tmp_path.iterdir()] == [".mine"]

    @pytest.mark.parametrize("new", [True, False])
    def test_what_stepped_aside_comes_back_unless_the_new_one_stands(self, tmp_path, new):
        (tmp_path / ".c.123-0a1b2c.old").mkdir()
        (tmp_path / ".c.123-0a1b2c.old" / "a").write_text("old")
        if new:
            (tmp_path / "c").mkdir()
            (tmp_path / "c" / "a").write_text("new")
        remove_unfinished(tmp_path)
        assert everything(tmp_path) == {"c/a": "new" if new else "old"}

    def test_their_names_are_those_that_are_written_under(self, tmp_path):
        with (
            write_atomically(tmp_path / "a.b.txt") as side,
            write_folder_atomically(tmp_path / "c") as folder,
        ):
            side.write_text("half")
            remove_unfinished(tmp_path)
            left = side.exists(), folder.exists()
            side.write_text("whole")
            folder.mkdir()
        assert left == (False, False)
