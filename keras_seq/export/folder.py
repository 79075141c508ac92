"""An exported folder: its files, its seal, how its kind is known. Imports neither TensorFlow nor Keras."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from keras_seq.checksums import CHECKSUMS_FILE, checksums, verify
from keras_seq.checksums import seal as seal_files
from keras_seq.errors import InputError

__all__ = [
    "CARD_FILE",
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
# and vocabulary.txt with tokenizer.json, which belong to keras_seq.text

_RUN_FILES = {"model.keras", CONFIG_FILE}


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
            names |= set(checksums(folder))
    for file, kind in ((TFLITE_FILE, "tflite"), (SAVED_MODEL_FILE, "saved_model")):
        if file in names:
            return kind
    return "run" if names & _RUN_FILES else None


def seal(folder: str | os.PathLike) -> None:
    """Writes `checksums.txt` over all of the folder but the card.

    The card is for people, who may add to it; the model answers the same.
    """
    seal_files(folder, _files(folder))


def why_not_replace(folder: Path) -> str | None:
    """Why an export may not take the place of a folder that is not empty; None when it is an earlier export.

    One file more than an export has, and the folder is somebody's own.
    """
    kind = kind_of(folder)
    if kind not in ("tflite", "saved_model") or not (folder / CHECKSUMS_FILE).is_file():
        return f"it is {'a run folder' if kind == 'run' else 'not empty'}, and not an earlier export"
    try:
        foreign = [name for name in _files(folder) if name not in checksums(folder)]
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


def _files(folder):
    """All files below the folder but the card and the checksums, as sorted paths inside it, with /."""
    folder = Path(folder)
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return sorted(path for path in paths if path not in (CARD_FILE, CHECKSUMS_FILE))


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path.parent} is not whole: the file {path.name} is missing.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}.") from None
