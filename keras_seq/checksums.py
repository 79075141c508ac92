"""A seal over the files of a folder: `checksums.txt`, as `sha256sum` writes and checks it."""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.untrusted import check_folder

__all__ = ["CHECKSUMS_FILE", "checksums", "seal", "verify"]

CHECKSUMS_FILE = "checksums.txt"

_LINE = re.compile(r"([0-9a-f]{64})  (?!/)(\S.{0,200})")


def seal(folder: str | os.PathLike, names: Sequence[str], known: Mapping[str, str] | None = None) -> None:
    """Write `checksums.txt` over the named files.

    Args:
        folder: where they stand.
        names: paths inside the folder, with /.
        known: checksums of files that were sealed before, by name: they are not read again, so that a byte
            that was lost since is still noticed.
    """
    known = known or {}
    lines = [f"{known.get(name) or _sha256(Path(folder) / name)}  {name}\n" for name in names]
    (Path(folder) / CHECKSUMS_FILE).write_text("".join(lines), encoding="utf-8", newline="\n")


def verify(folder: str | os.PathLike) -> None:
    """Check a folder against its `checksums.txt`; files that it does not name are left alone.

    Checksums say that nothing was lost on the way. Whoever changes a file on purpose writes them anew.

    Raises:
        InputError: naming the file that is missing or was changed, or what `check_folder` refuses.
    """
    check_folder(folder)
    for name, expected in checksums(folder).items():
        path = Path(folder) / name
        if not path.is_file():
            raise InputError(f"{folder} is not whole: {name} is missing.\nMake it again, or copy it again.")
        try:
            found = _sha256(path)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from None
        if found != expected:
            raise InputError(
                f"{path} is damaged: it is not the file that {CHECKSUMS_FILE} was written for.\n"
                "Make it again, or copy it again."
            )


def checksums(folder: str | os.PathLike) -> dict[str, str]:
    """What `checksums.txt` says: `{path inside the folder, with /: SHA-256 in hexadecimal}`.

    Raises:
        InputError: the file is missing, or a line of it is damaged.
    """
    path = Path(folder) / CHECKSUMS_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{folder} is not whole: the file {path.name} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}.") from None
    found = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if not match or ".." in match[2].split("/") or "\0" in line:
            raise InputError(
                f"{path}, line {number}: expected 64 hexadecimal digits, two spaces and a file name.\n"
                f"Received: {line!r:.80}"
            )
        found[match[2]] = match[1]
    return found


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
