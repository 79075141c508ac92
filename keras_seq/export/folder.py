"""An exported folder: its files, its seal, how its kind is known. Imports neither TensorFlow nor Keras."""

import contextlib
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from keras_seq.errors import InputError

__all__ = [
    "CARD_FILE",
    "CHECKSUMS_FILE",
    "CONFIG_FILE",
    "LABELS_FILE",
    "SAVED_MODEL_FILE",
    "TFLITE_FILE",
    "kind_of",
    "load_labels",
    "save_labels",
    "seal",
    "verify",
    "why_not_replace",
]

TFLITE_FILE = "model.tflite"
SAVED_MODEL_FILE = "saved_model.pb"  # beside variables/ and assets/
LABELS_FILE = "labels.txt"
CONFIG_FILE = "config.yaml"
CARD_FILE = "README.md"
CHECKSUMS_FILE = "checksums.txt"
# and vocabulary.txt with tokenizer.json, which belong to keras_seq.text

_RUN_FILES = {"model.keras", CONFIG_FILE}
_CHECKSUM_LINE = re.compile(r"([0-9a-f]{64})  (?!/)(\S.*)")


def kind_of(folder: str | os.PathLike) -> str | None:
    """What a folder is: `"tflite"`, `"saved_model"`, `"run"`, or None.

    Known by its files and by those that its checksums name, so that an export that lost its model is still an
    export, and `verify` can say what it lost.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return None
    names = {path.name for path in folder.iterdir()}
    if CHECKSUMS_FILE in names:
        with contextlib.suppress(InputError):
            names |= set(_checksums(folder))
    for file, kind in ((TFLITE_FILE, "tflite"), (SAVED_MODEL_FILE, "saved_model")):
        if file in names:
            return kind
    return "run" if names & _RUN_FILES else None


def seal(folder: str | os.PathLike, names: Sequence[str] | None = None) -> None:
    """Writes `checksums.txt` over the named files, or all of the folder but the card, as `sha256sum` would.

    The card is for people, who may add to it; the model answers the same.
    """
    names = _files(folder) if names is None else names
    lines = [f"{_sha256(Path(folder) / name)}  {name}\n" for name in names]
    (Path(folder) / CHECKSUMS_FILE).write_text("".join(lines), encoding="utf-8", newline="\n")


def verify(folder: str | os.PathLike) -> None:
    """Checks a folder against its `checksums.txt`; files that it does not name are left alone.

    Raises:
        InputError: naming the file that is missing or was changed.
    """
    for name, expected in _checksums(Path(folder)).items():
        path = Path(folder) / name
        if not path.is_file():
            raise InputError(f"{folder} is not whole: {name} is missing.\nMake it again, or copy it again.")
        if _sha256(path) != expected:
            raise InputError(
                f"{path} is damaged: it is not the file that {CHECKSUMS_FILE} was written for.\n"
                "Make it again, or copy it again."
            )


def why_not_replace(folder: Path) -> str | None:
    """Why an export may not take the place of a folder that is not empty; None when it is an earlier export.

    One file more than an export has, and the folder is somebody's own.
    """
    kind = kind_of(folder)
    if kind not in ("tflite", "saved_model") or not (folder / CHECKSUMS_FILE).is_file():
        return f"it is {'a run folder' if kind == 'run' else 'not empty'}, and not an earlier export"
    try:
        foreign = [name for name in _files(folder) if name not in _checksums(folder)]
    except InputError:
        return f"its {CHECKSUMS_FILE} is damaged"
    return f"it holds {foreign[0]}, which no export wrote" if foreign else None


def save_labels(folder: str | os.PathLike, labels: Sequence[str], name: str = LABELS_FILE) -> None:
    """Writes `labels.txt`, or another name: one label a line, in the order of the model's numbers."""
    for label in labels:
        if label.splitlines() != [label]:
            raise InputError(f"A label must be one line of text to be exported.\nReceived: {label!r}")
    (Path(folder) / name).write_text(
        "".join(f"{label}\n" for label in labels), encoding="utf-8", newline="\n"
    )


def load_labels(folder: str | os.PathLike, name: str = LABELS_FILE) -> list[str]:
    """Reads what `save_labels` wrote.

    Raises:
        InputError: the file is missing or is not UTF-8.
    """
    return _read(Path(folder) / name).splitlines()


def _checksums(folder):
    """{path inside the folder, with /: SHA-256 in hexadecimal}"""
    path = folder / CHECKSUMS_FILE
    checksums = {}
    for number, line in enumerate(_read(path).splitlines(), 1):
        match = _CHECKSUM_LINE.fullmatch(line)
        if not match or ".." in match[2].split("/"):
            raise InputError(
                f"{path}, line {number}: expected 64 hexadecimal digits, two spaces and a file name.\n"
                f"Received: {line!r:.80}"
            )
        checksums[match[2]] = match[1]
    return checksums


def _files(folder):
    """All files below the folder but the card and the checksums, as sorted paths inside it, with /."""
    folder = Path(folder)
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(path for path in paths if path not in (CARD_FILE, CHECKSUMS_FILE))


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path.parent} is not whole: the file {path.name} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}.") from None
