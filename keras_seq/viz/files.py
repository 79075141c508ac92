"""Writes pictures: whole under their name, or not at all."""

import os
from collections.abc import Sequence
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.files import write_atomically
from keras_seq.viz.markup import page
from keras_seq.viz.view import View, listed

__all__ = ["store", "write"]


def write(views: View | Sequence[View], path: str | os.PathLike, title: str | None = None) -> Path:
    """Writes one picture of all views: a page for `.html`, a drawing for `.png`.

    Args:
        views: one view or several, shown in order.
        path: the file; its suffix chooses the kind. An older file of this name is replaced.
        title: the heading.

    Returns:
        The path written.

    Raises:
        InputError: another suffix, a folder that is not there, a file that cannot be written, or
            matplotlib missing (for .png). Nothing has been written then.
    """
    views = listed(views)
    kind = Path(path).suffix.lower()
    if kind not in (".html", ".png"):
        raise InputError(f"The picture's file name must end in .html or .png.\nReceived: {os.fspath(path)}")
    _check_folder(Path(path))  # before the work, not after
    if kind == ".html":
        return store(page(views, **({"title": title} if title else {})).encode("utf-8"), path)
    from keras_seq.viz.picture import png

    return store(png(views, title), path)


def store(content: bytes, path: str | os.PathLike) -> Path:
    """Writes `content` under the name `path`, whole or not at all; returns the path."""
    path = Path(path)
    _check_folder(path)
    with write_atomically(path) as side:
        side.write_bytes(content)
    return path


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise InputError(
            f"There is no folder {path.parent} to write the picture into; make it first.\nReceived: {path}"
        )
    if path.is_dir():
        raise InputError(f"The picture needs a file name, and this is a folder.\nReceived: {path}")
