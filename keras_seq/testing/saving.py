"""Saved here, loaded in a fresh process: one process for as many cases as there are."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from keras_seq.testing.case import Case
from keras_seq.testing.differences import expect, expect_close

__all__ = ["check_saving"]

_SCRIPT = Path(__file__).with_name("reload.py")


def saving(case: Case) -> None:
    """Saved as `.keras` and loaded in a fresh process without `custom_objects`, a model answers the same."""
    letter = check_saving({case.name: case})[case.name]
    expect(letter is None, str(letter))


def check_saving(
    cases: Mapping[str, Case], backend: str | None = None, timeout: float = 300.0
) -> dict[str, str | None]:
    """Save a model of each case, load all in one fresh process, and compare the answers.

    The fresh process imports the modules in which the layers were defined, and nothing else of theirs.

    Args:
        cases: by name.
        backend: Keras backend of the fresh process, such as `"jax"`; None: the same as here.
        timeout: seconds for the fresh process.

    Returns:
        For each name None, or the letter that says what differed.
    """
    with tempfile.TemporaryDirectory() as directory:
        return Saved(cases, Path(directory)).loaded(backend, timeout)


class Saved:
    """A model of each case in a folder, to be loaded once on each backend: making them takes its time.

    Args:
        cases: by name.
        folder: where the models go; it exists and stays as long as they are loaded.
    """

    def __init__(self, cases: Mapping[str, Case], folder: Path) -> None:
        self.cases, self.folder = cases, folder
        # For each number what it answers, or the letter that says why it was not saved.
        self._expected: list = []
        modules = set()
        for number, case in enumerate(cases.values()):
            try:
                layer = case.new()
                case.model(layer).save(folder / f"{number}.keras")
            except Exception as error:
                self._expected.append(f"saving raised {type(error).__name__}: {error}")
                continue
            np.savez(folder / f"{number}.inputs.npz", **case.arguments(layer))
            modules.add(type(layer).__module__)
            self._expected.append(case.run(layer))
        (folder / "modules.json").write_text(json.dumps(sorted(modules)), encoding="utf-8")

    def loaded(self, backend: str | None = None, timeout: float = 300.0) -> dict[str, str | None]:
        """What `check_saving` returns, of all models in one fresh process."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
            "KERAS_BACKEND": backend or keras.backend.backend(),
        }
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                [sys.executable, str(_SCRIPT), str(self.folder), directory],
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
            )
            letters = {}
            for number, (name, case) in enumerate(self.cases.items()):
                expected = self._expected[number]
                error, answers = (Path(directory) / f"{number}.{end}" for end in ("error.txt", "outputs.npz"))
                if isinstance(expected, str):
                    letters[name] = expected
                elif error.exists():
                    letters[name] = error.read_text(encoding="utf-8")
                elif not answers.exists():
                    letters[name] = (
                        f"the fresh process ended with status {done.returncode}: {done.stderr[-2000:]}"
                    )
                else:
                    with np.load(answers) as loaded:
                        got = [loaded[key] for key in sorted(loaded.files)]
                    letters[name] = _letter(got, expected, case.tolerance)
            return letters


def _letter(got, expected, tolerance):
    try:
        expect_close(got, expected, "loaded in a fresh process", tolerance)
    except AssertionError as broken:
        return str(broken)
    return None
