"""A run folder: everything that a training leaves behind, and enough to go on or to start again."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from keras_seq.application.run_lock import LOCK_FILE
from keras_seq.checksums import CHECKSUMS_FILE, seal
from keras_seq.errors import InputError
from keras_seq.files import is_unfinished, write_atomically
from keras_seq.untrusted import check_folder, parse_json, parse_yaml

__all__ = ["RunFolder"]


class RunFolder:
    """The files of a run, by name.

    config.yaml     every setting with its value
    model.keras     the best weights by the validation metric
    vocabulary.txt, tokenizer.json, labels.txt
    checksums.txt   of config.yaml and of the line above; the model's archive holds its own
    metrics.json    data, split, seed, scores, wall time, hardware, versions, commit
    logs/           TensorBoard
    checkpoints/    to resume from
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.model = self.path / "model.keras"
        self.metrics = self.path / "metrics.json"
        self.logs = self.path / "logs"
        self.checkpoints = self.path / "checkpoints"

    @property
    def is_empty(self) -> bool:
        """Nothing stands there yet, or only what a process that was killed did not finish."""
        if not self.path.is_dir():
            return not self.path.exists()
        return all(path.name == LOCK_FILE or is_unfinished(path) for path in self.path.iterdir())

    def require_writable(self) -> None:
        """Say at once, before anything takes time, that nothing could be written there.

        Raises:
            InputError: the folder, or where it would be made, is read-only.
        """
        place = self.path.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        if not os.access(place, os.W_OK | os.X_OK):
            raise InputError(
                f"Nothing can be written to {place}: it is read-only, or somebody else's.\n"
                "Give a --run elsewhere, or change who may write there."
            )

    def create(self) -> None:
        """Make the folder for a new run.

        Raises:
            InputError: something stands there already, or the folder cannot be made.
        """
        if not self.is_empty:
            raise InputError(
                f"{self.path} is there already and is not empty. Choose another --run, or use --resume."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The run folder {self.path} cannot be made: {error.strerror}.") from error

    def seal(self) -> None:
        """Write the checksums of what stays as it is from the beginning."""
        later = {self.model.name, self.metrics.name, CHECKSUMS_FILE}
        files = (path.name for path in self.path.iterdir() if path.is_file())
        seal(self.path, sorted(name for name in files if name not in later and not name.startswith(".")))

    def write_config(self, text: str) -> None:
        """Write `config.yaml`."""
        with write_atomically(self.config) as unfinished:
            unfinished.write_text(text, encoding="utf-8")

    def read_config(self) -> dict[str, Any]:
        """Read `config.yaml`.

        Raises:
            InputError: the folder or the file is not there, or it is not a configuration.
        """
        if not self.path.is_dir():
            raise InputError(f"There is no folder {self.path}. Expected a run or an exported folder.")
        check_folder(self.path)
        if not self.config.is_file():
            raise InputError(f"{self.path} is neither a run nor an exported folder: it has no config.yaml.")
        return read_yaml(self.config)

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """Write `metrics.json`, with a checksum of all that it says."""
        sealed = {**metrics, "checksum": _checksum(metrics)}
        with write_atomically(self.metrics) as unfinished:
            unfinished.write_text(json.dumps(sealed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def read_metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds; empty where there is none or it is damaged: nothing depends on it."""
        try:
            metrics = parse_json(self.metrics.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(metrics, dict):
            return {}
        checksum = metrics.pop("checksum", None)  # earlier versions wrote none
        return metrics if checksum in (None, _checksum(metrics)) and _is_sound(metrics) else {}


def _checksum(metrics):
    text = json.dumps(metrics, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_sound(metrics):
    """Whether what a card and a summary show of `metrics.json` is of the kinds that they show."""
    groups = {"hardware": object, "versions": str, "examples": int, "metrics": dict}
    for group, kind in groups.items():
        values = metrics.get(group, {})
        if not isinstance(values, dict) or not all(isinstance(value, kind) for value in values.values()):
            return False
    scores = (value for split in metrics.get("metrics", {}).values() for value in split.values())
    known = metrics.get("hardware", {"processor": "", "cores": 1})
    return {"processor", "cores"} <= known.keys() and all(isinstance(value, int | float) for value in scores)


def read_yaml(path: str | os.PathLike) -> dict[str, Any]:
    """A YAML file of settings as a mapping.

    Raises:
        InputError: it is not there, not UTF-8, not YAML, or not a mapping of names to values.
    """
    try:
        values = parse_yaml(Path(path).read_bytes().decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # of UTF-8 too
        raise InputError(f"{path} is not YAML of settings: {' '.join(str(error).split())[:200]}.") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} holds no settings. Expected lines of the form  name: value.")
    return {str(name): value for name, value in values.items()}
