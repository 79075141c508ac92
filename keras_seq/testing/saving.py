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
    names = list(cases)
    letters: dict[str, str | None] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        modules, expected = set(), {}
        for number, name in enumerate(names):
            case = cases[name]
            try:
                layer = case.new()
                case.model(layer).save(folder / f"{number}.keras")
            except Exception as error:
                letters[name] = f"saving raised {type(error).__name__}: {error}"
                continue
            np.savez(folder / f"{number}.inputs.npz", **case.arguments(layer))
            modules.add(type(layer).__module__)
            expected[number] = case.run(layer)
        (folder / "modules.json").write_text(json.dumps(sorted(modules)), encoding="utf-8")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
            "KERAS_BACKEND": backend or keras.backend.backend(),
        }
        done = subprocess.run(
            [sys.executable, str(_SCRIPT), directory],
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        for number, outputs in expected.items():
            name = names[number]
            error, answers = folder / f"{number}.error.txt", folder / f"{number}.outputs.npz"
            if error.exists():
                letters[name] = error.read_text(encoding="utf-8")
            elif not answers.exists():
                letters[name] = (
                    f"the fresh process ended with status {done.returncode}: {done.stderr[-2000:]}"
                )
            else:
                with np.load(answers) as loaded:
                    got = [loaded[key] for key in sorted(loaded.files)]
                letters[name] = _letter(got, outputs, cases[name].tolerance)
    return {name: letters[name] for name in names}


def _letter(got, expected, tolerance):
    try:
        expect_close(got, expected, "loaded in a fresh process", tolerance)
    except AssertionError as broken:
        return str(broken)
    return None
