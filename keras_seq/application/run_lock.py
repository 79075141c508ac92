"""One training at a time in a run folder."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from keras_seq.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["LOCK_FILE", "only_training_in"]

LOCK_FILE = ".training.lock"


@contextlib.contextmanager
def only_training_in(folder: str | os.PathLike) -> Iterator[None]:
    """Inside, no other process trains into the folder. The lock ends with its process, however that ends.

    Where the system or the file system knows no locks, nothing is checked.

    Raises:
        InputError: another process does, or nothing can be written there.
    """
    path = Path(folder) / LOCK_FILE
    if fcntl is None:
        yield
        return
    try:
        file = _locked(path)
    except BlockingIOError:
        who = path.read_text(encoding="utf-8", errors="replace").strip() or "another process"
        raise InputError(
            f"{folder} is in use: {who} trains into it.\n"
            "Wait for its end or stop it, then use --resume; or choose another --run."
        ) from None
    except OSError as error:
        raise InputError(f"Nothing can be written into {folder}: {error.strerror}.") from error
    try:
        yield
    finally:
        # Removed while it is still ours: who waits for it sees that the name stands for another file by now.
        path.unlink(missing_ok=True)
        file.close()


def _locked(path):
    while True:
        file = open(path, "a", encoding="utf-8")  # noqa: SIM115
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise
            except OSError:  # no locks in this file system
                return file
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()
