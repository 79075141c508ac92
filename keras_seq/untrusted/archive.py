"""A zip archive as Keras and NumPy write it: nothing compressed, so nothing grows."""

import os
import zipfile

__all__ = ["check_archive"]

_UNIX_LINK = 0o120000


def check_archive(path: str | os.PathLike, wanted=None) -> None:
    """Refuse an archive that is damaged, or that could hurt whoever unpacks it.

    Args:
        path: a `.keras` or `.npz` file.
        wanted: all names that it may hold, and must; None: any that stand for files beside each other.

    Raises:
        ValueError, zipfile.BadZipFile, …: with the reason. A damaged archive fails in many ways.
    """
    size = os.path.getsize(path)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise ValueError("it holds two files of one name")
        if wanted is not None and set(names) != set(wanted):
            strange = sorted(set(names) ^ set(wanted))
            raise ValueError(f"expected {', '.join(wanted)} in it. Received: {', '.join(strange)[:80]!r}")
        for member in members:
            name = member.filename
            if os.path.basename(name) != name or name in ("", ".", "..") or "\\" in name or ":" in name:
                raise ValueError(f"{name[:80]!r} in it leads out of it")
            if (member.external_attr >> 16) & 0o170000 == _UNIX_LINK:
                raise ValueError(f"{name[:80]!r} in it is a link")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise ValueError(f"{name[:80]!r} in it is compressed, which no such file is")
        if sum(member.file_size for member in members) > size:
            raise ValueError("it says that it holds more than it does")
        damaged = archive.testzip()  # its readers would not notice a part that they do not read
    if damaged:
        raise ValueError(f"{damaged[:80]!r} in it is damaged")
