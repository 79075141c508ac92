"""Files and folders that stand whole under their name, or not at all."""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_seq.errors import InputError

__all__ = ["is_unfinished", "remove_unfinished", "write_atomically", "write_folder_atomically"]

# .stem.process-random.ending.suffix: see _beside
_SIDE_NAME = re.compile(r"\.(?P<stem>.+)\.\d+-[0-9a-f]{6}\.(?P<ending>part|old)(?P<suffix>\.[^.]+)?")


@contextmanager
def write_atomically(path: str | os.PathLike) -> Iterator[Path]:
    """A side file to write; renamed to `path` when the block ends well, removed when it does not.

        with write_atomically("metrics.json") as side:
            side.write_text(...)

    Whatever stood under the name stays until then: through errors, a full disk and Ctrl-C.

    Args:
        path: the file; its folder must exist.

    Yields:
        The path of the side file, beside the target and not there yet; to be written inside the block.

    Raises:
        InputError: the file cannot be written (a full disk, no permission, no such folder).
    """
    target = Path(os.path.realpath(path))  # a link keeps its place, what it points to is replaced
    if target.is_dir():
        raise InputError(f"A file is to be written here, and this is a folder.\nReceived: {path}")
    side = _beside(target, "part")
    try:
        with _failing_as_input_error(path, target.parent):
            yield side
            _to_disk(side)
            os.replace(side, target)
    finally:
        side.unlink(missing_ok=True)


@contextmanager
def write_folder_atomically(
    path: str | os.PathLike, may_replace: Callable[[Path], str | None] | None = None
) -> Iterator[Path]:
    """An empty side folder to fill; renamed to `path` when the block ends well, removed when it does not.

        with write_folder_atomically("lite", may_replace=why_not_replace) as side:
            (side / "labels.txt").write_text(...)

    Args:
        path: the folder. Missing parents are made. An empty folder of this name is replaced.
        may_replace: asked about a folder of this name that is not empty, before anything is written: None
            lets the new one take its place once it is whole; a text says why not. Without it, none is.

    Yields:
        The side folder: it exists, beside the target, and is empty.

    Raises:
        InputError: something else stands under the name, or the folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    _check_free(target, path, may_replace)
    side = _beside(target, "part")
    try:
        with _failing_as_input_error(path, target.parent):
            side.mkdir(parents=True)
            yield side
            for file in side.rglob("*"):
                if file.is_file():
                    _to_disk(file)
            _check_free(target, path, may_replace)  # it may have come while the new one was made
            _exchange(side, target)
    finally:
        shutil.rmtree(side, ignore_errors=True)


def is_unfinished(path: Path) -> bool:
    """Whether this is what `write_atomically` or `write_folder_atomically` write before it has its name."""
    return _SIDE_NAME.fullmatch(path.name) is not None


def remove_unfinished(folder: str | os.PathLike) -> None:
    """Clear away what a process that was killed left beside the files and folders of `folder`.

    What had stepped aside for something new that never came goes back to its place. Only for a folder that
    no other process writes into at that time.
    """
    for side in sorted(Path(folder).glob(".*")):
        match = _SIDE_NAME.fullmatch(side.name)
        if not match:
            continue
        target = side.with_name(match["stem"] + (match["suffix"] or ""))
        if match["ending"] == "old" and not target.exists():
            side.rename(target)
        elif side.is_dir() and not side.is_symlink():
            shutil.rmtree(side, ignore_errors=True)
        else:
            side.unlink(missing_ok=True)


def _to_disk(path):
    """A name must not come to stand for a file that a power cut would leave empty."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _check_free(target, path, may_replace):
    if target.exists() and not target.is_dir():
        raise InputError(f"A folder is to be written here, and this is a file.\nReceived: {path}")
    if target.is_dir() and any(target.iterdir()):
        reason = may_replace(target) if may_replace else "it is not empty"
        if reason:
            raise InputError(
                f"The folder {path} is left as it is: {reason}.\nGive the name of a new or an empty folder."
            )


def _exchange(side, target):
    """Renames `side` to `target`; an older `target` steps aside first, and comes back should that fail."""
    old = _beside(target, "old")
    replacing = target.exists()
    try:
        if replacing:
            target.rename(old)
        side.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _beside(target, ending):
    # The suffix stays: Keras saves only under a name that ends with .keras.
    return target.with_name(f".{target.stem}.{os.getpid()}-{secrets.token_hex(3)}.{ending}{target.suffix}")


@contextmanager
def _failing_as_input_error(path, parent):
    try:
        yield
    except OSError as error:
        # An error about some other file, read inside the block, is not ours to explain.
        if error.filename is not None and not str(os.path.realpath(error.filename)).startswith(str(parent)):
            raise
        raise InputError(
            f"{path} could not be written: {error.strerror or error}.\n"
            "Nothing is left of it; what was there before still is."
        ) from error
