"""Bytes of a file -> text, and cell -> label: where damage is noticed and said."""

import os
import re
from collections.abc import Iterator

from keras_seq.errors import InputError
from keras_seq.progress import Work, now

EMPTY_TEXT = "empty text"
EMPTY_LINE = "empty line"
_LINES_BETWEEN_LOOKS = 256  # at how far the file is read
HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read_text(path: str | os.PathLike) -> str:
    """Return the content of a UTF-8 text file, without a byte order mark.

    Raises:
        InputError: as `read_lines`.
    """
    return "".join(_lines(path, "\n", Work("", is_told=False)))


def read_lines(path: str | os.PathLike) -> Iterator[str]:
    """The lines of a UTF-8 text file one by one, without their ends and without a byte order mark.

    Lines end at \\n and \\r\\n only: a text may hold the rarer separators that `str.splitlines` knows.

    Raises:
        InputError: the file is empty, cannot be read, is binary, or is not UTF-8 (with line and byte).
    """
    return _lines(path, "\n", now(), with_ends=False)


def raw_lines(path: str | os.PathLike) -> Iterator[str]:
    """As `read_lines`, with their ends, and as the module csv wants them: a lone \\r ends one too."""
    return _lines(path, "", now())


def _lines(path: str | os.PathLike, newline: str, work: Work, with_ends: bool = True) -> Iterator[str]:
    is_blank, place = True, 0
    try:
        work.more(os.path.getsize(path))
        with open(path, encoding="utf-8-sig", newline=newline) as file:
            for number, line in enumerate(file, start=1):
                if "\0" in line:
                    raise _fault(path)
                is_blank = is_blank and not line.strip()
                if number % _LINES_BETWEEN_LOOKS == 0:
                    before, place = place, file.buffer.tell()
                    work.step(place - before)
                yield line if with_ends else line.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise _fault(path) from error
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read: {error.strerror}.") from error
    if is_blank:
        raise InputError(f"{path}: the file is empty.")


def _fault(path: str | os.PathLike) -> InputError:
    """What is wrong with a file that is no UTF-8 text, and where."""
    damaged = None
    with open(path, "rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return InputError(f"{path}: the text is UTF-16. Expected: UTF-8. Save the file as UTF-8.")
        file.seek(0)
        for number, line in enumerate(file, start=1):
            where = f"{path}, line {number}"
            if b"\0" in line:
                return InputError(f"{where}: this is binary data (with zero bytes). Expected: UTF-8 text.")
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"{where}, byte {error.start + 1}"
                damaged = damaged or (where, line[error.start])
    where, byte = damaged or (str(path), 0)
    return InputError(f"{where}: this is not UTF-8. Received: 0x{byte:02x}.\nSave the file as UTF-8.")


def as_label(cell: str, where: str) -> str:
    """Return a label without surrounding space; raise InputError where it is empty or more than a line."""
    label = cell.strip()
    if not label:
        raise InputError(f"{where}: the label is empty. Expected: a label for every text.")
    if len(label.splitlines()) > 1:
        raise InputError(f"{where}: the label holds a line break. Received: {label[:60]!r}.")
    return label


def without_html_breaks(text: str) -> str:
    """Return the text with `<br />` as a line break, as published corpora need it."""
    return HTML_BREAK.sub("\n", text)
