"""What is said of long work, and that short and quiet work says nothing."""

import pytest

from keras_seq import progress
from keras_seq.data import read_examples


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "_SECONDS_BEFORE", -1)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)


def test_work_that_is_done_soon_says_nothing(capsys):
    assert list(progress.followed(range(1000), "counting")) == list(range(1000))
    assert capsys.readouterr() == ("", "")


def test_where_standard_error_is_no_terminal_lines_say_how_far_it_is(at_once, capsys):
    assert sum(progress.followed([1] * 1024, "counting words")) == 1024
    out, err = capsys.readouterr()
    assert not out
    said = [line.partition(",")[0] for line in err.splitlines()]
    assert said == [f"counting words: {share}%" for share in (25, 50, 75, 100)]


def test_a_file_is_followed_by_its_size(at_once, capsys, tmp_path):
    path = tmp_path / "reviews.tsv"
    path.write_text("".join(f"a film {place}\tl{place % 2}\n" for place in range(20_000)))
    read_examples(path)
    lines = capsys.readouterr().err.splitlines()
    assert lines and all(line.startswith(f"reading {path}: ") and line.endswith(" s more") for line in lines)


def test_inside_quiet_nothing_is_said(at_once, capsys):
    with progress.quiet(), progress.following("reading"):
        progress.now().step()
        assert len(list(progress.followed(range(600), "counting"))) == 600
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_one_line_changes_and_goes(at_once, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress.Console, "is_terminal", True)
    list(progress.followed(range(600), "counting"))
    err = capsys.readouterr().err
    assert "counting: 43%" in err and "\n" not in err and err.endswith("\x1b[2K\r")


def test_nothing_is_followed_unless_somebody_asked():
    progress.now().step(5)
    with progress.following("reading") as work:
        assert progress.now() is work
    assert progress.now() is not work
