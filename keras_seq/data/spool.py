"""What is too large for the memory: bytes in a temporary file that has no name."""

import os
import tempfile
import weakref

from keras_seq.errors import InputError

__all__ = ["MOST_IN_MEMORY", "Spool", "is_large"]

MOST_IN_MEMORY = 2**26  # bytes of one column; a larger one lies on the disk
_WRITTEN_AT_ONCE = 2**20


def is_large(size: int) -> bool:
    """Whether a column of so many bytes belongs on the disk."""
    return size > MOST_IN_MEMORY


class Spool:
    """Bytes that are written one after the other, and read at any place.

    They lie in the folder that TMPDIR names, else in the system's own for temporary files, in a file without
    a name: it goes with the process, however that ends. Reading takes the memory of what is read and no
    other: the file is not mapped, and what the system keeps of it in its cache is not the process's. Several
    threads may read at once.

    Raises:
        InputError: the folder cannot be written, or the disk is full.

    Example:
        >>> spool = Spool()
        >>> spool.write(b"a fine film"), spool.write(b", or not")
        (0, 11)
        >>> spool.read(2, 6)
        b'fine'
    """

    def __init__(self):
        self.size = 0
        self._waiting = bytearray()
        try:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        except OSError as error:
            raise _not_written(error) from error
        weakref.finalize(self, self._file.close)

    def write(self, data) -> int:
        """Put bytes, or what has a buffer of them, behind the others; gives the place where they begin."""
        start, before = self.size, len(self._waiting)
        self._waiting += data
        self.size += len(self._waiting) - before
        if len(self._waiting) >= _WRITTEN_AT_ONCE:
            self._flush()
        return start

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from one place up to another."""
        found = bytearray(stop - start)
        self.read_into(found, start)
        return bytes(found)

    def read_into(self, buffer, start: int) -> None:
        """Fill a buffer, such as a row of an array, with the bytes from a place on."""
        if self._waiting:
            self._flush()
        rest = memoryview(buffer)
        rest = rest.cast("B") if rest.nbytes else b""
        while rest:
            count = os.preadv(self._file.fileno(), [rest], start)
            if not count:
                raise EOFError(f"There are {self.size} bytes. Expected: {len(rest)} from byte {start} on.")
            rest, start = rest[count:], start + count

    def _flush(self) -> None:
        rest = memoryview(self._waiting)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _not_written(error) from error
        self._waiting = bytearray()


def _not_written(error: OSError) -> InputError:
    try:
        folder = tempfile.gettempdir()
    except OSError:
        folder = "no folder"
    return InputError(
        f"The data are too large for the memory and could not be put aside on the disk, into {folder}: "
        f"{error.strerror or error}.\nMake room there, or name another folder: TMPDIR=/large/disk keras-seq …"
    )
