"""Bytes of a file -> text, and cell -> label: where damage is noticed and said."""

import os
import re
from pathlib import Path

from keras_seq.errors import InputError

EMPTY_TEXT = "empty text"
EMPTY_LINE = "empty line"
HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read_text(path: str | os.PathLike) -> str:
    """Return the content of a UTF-8 text file, without a byte order mark.

    Raises:
        InputError: the file is empty, cannot be read, is binary, or is not UTF-8 (with line and byte).
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read: {error.strerror}.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: the text is UTF-16. Expected: UTF-8. Save the file as UTF-8.")
    if b"\0" in data:
        line = _line(data, data.index(0))
        raise InputError(f"{path}, line {line}: this is binary data (with zero bytes). Expected: UTF-8 text.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        byte = start - data.rfind(b"\n", 0, start)
        where = f"{path}, line {_line(data, start)}, byte {byte}"
        raise InputError(
            f"{where}: this is not UTF-8. Received: 0x{data[start]:02x}.\nSave the file as UTF-8."
        ) from error
    if not text.strip():
        raise InputError(f"{path}: the file is empty.")
    return text


def lines_of(text: str) -> list[str]:
    """Split at \\n and \\r\\n only: a text may hold the rarer separators that `str.splitlines` knows."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if not lines[-1] else lines


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


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
