import hashlib

import pytest

from keras_seq.checksums import seal, verify
from keras_seq.errors import InputError

NAMES = ["config.yaml", "model.tflite", "variables/数.index"]


@pytest.fixture
def sealed(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"\x00model")
    (tmp_path / "config.yaml").write_text("app: sentiment\n")
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "数.index").write_bytes(b"3")
    seal(tmp_path, NAMES)
    return tmp_path


def test_checksums_are_what_sha256sum_writes(sealed):
    for line in (sealed / "checksums.txt").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert digest == hashlib.sha256((sealed / name).read_bytes()).hexdigest()
    assert len((sealed / "checksums.txt").read_text(encoding="utf-8").splitlines()) == 3
    verify(sealed)


def test_a_missing_file_is_named(sealed):
    (sealed / "model.tflite").unlink()
    with pytest.raises(InputError, match=r"not whole: model\.tflite is missing"):
        verify(sealed)


def test_a_changed_file_is_named(sealed):
    (sealed / "variables" / "数.index").write_bytes(b"4")
    with pytest.raises(InputError, match=r"variables/数\.index is damaged"):
        verify(sealed)


@pytest.mark.parametrize("line", ["no checksum", "0" * 64 + "  ../secret", "0" * 64 + "  /etc/passwd"])
def test_a_damaged_line_of_the_checksums_is_named(sealed, line):
    (sealed / "checksums.txt").write_text(line + "\n")
    with pytest.raises(InputError, match=r"checksums\.txt, line 1: expected 64 hexadecimal digits"):
        verify(sealed)


def test_missing_checksums_are_said(sealed):
    (sealed / "checksums.txt").unlink()
    with pytest.raises(InputError, match=r"checksums\.txt is missing"):
        verify(sealed)


def test_what_was_sealed_before_is_not_read_again(sealed):
    known = {"config.yaml": hashlib.sha256(b"app: sentiment\n").hexdigest()}
    (sealed / "config.yaml").write_text("app: tagging!!\n")
    seal(sealed, NAMES, known)
    with pytest.raises(InputError, match=r"config\.yaml is damaged"):
        verify(sealed)
