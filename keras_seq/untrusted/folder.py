"""A folder from elsewhere: it holds files and folders of its own and nothing else."""

import os
import stat
from pathlib import Path

from keras_seq.errors import InputError

__all__ = ["check_folder"]

_GIBIBYTE = 2**30
# By the end of a name: files that are read whole, and what they can sensibly be. Nor do the two formats with
# 32-bit offsets go further.
_MOST_BYTES = {
    ".txt": _GIBIBYTE // 4,
    ".json": _GIBIBYTE // 16,
    ".yaml": 2**20,
    ".tflite": 2 * _GIBIBYTE,
    ".pb": 2 * _GIBIBYTE,
}
_SPARSE_FROM = _GIBIBYTE // 8
_SPARSE = 20  # times smaller on the disk than it says


def check_folder(folder: str | os.PathLike) -> None:
    """Refuse a folder that would have others read, written or waited for; before anything in it is opened.

    Links inside the folder may stay. The folder itself may be reached by a link: that is the person's own.

    Raises:
        InputError: a link leads out of it, something is neither file nor folder (a pipe, a device), or a file
            is larger than one of its name can be, or is all holes.
    """
    root = os.path.realpath(folder)
    try:
        for entry in _entries(root):
            shown = Path(folder) / os.path.relpath(entry.path, root)
            if entry.is_symlink():
                _check_link(entry, root, shown)
            elif not entry.is_dir():
                _check_file(entry, shown)
    except OSError as error:
        raise InputError(f"{error.filename or folder} cannot be read: {error.strerror}.") from None


def _entries(root):
    """All that is below a folder; links are not followed."""
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _check_link(entry, root, shown):
    target = os.path.realpath(entry.path)
    if os.path.commonpath([root, target]) != root:
        raise InputError(
            f"{shown} is a link that leads out of the folder, to {target}.\n"
            "A model is read in its folder alone: put a copy there (cp -rL copies a whole folder so)."
        )


def _check_file(entry, shown):
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown} is neither a file nor a folder: no model holds that.\nRemove it.")
    most = _MOST_BYTES.get(os.path.splitext(entry.name)[1])
    if most is not None and status.st_size > most:
        raise InputError(
            f"{shown} has {status.st_size:,} bytes; such a file has at most {most:,}.\n"
            "It is damaged, or not written by keras_seq."
        )
    on_disk = 512 * getattr(status, "st_blocks", status.st_size)
    if status.st_size > _SPARSE_FROM and on_disk * _SPARSE < status.st_size:
        raise InputError(
            f"{shown} says that it has {status.st_size:,} bytes, and is nearly all holes.\n"
            "It is damaged, or not written by keras_seq."
        )
