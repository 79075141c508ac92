"""The circumstances of a result: hardware, versions, commit."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras_seq

__all__ = ["circumstances"]


def circumstances() -> dict[str, Any]:
    """What a score depends on beside data and settings."""
    return {
        "hardware": {
            "processor": _processor(),
            "cores": _cores(),
            "system": platform.platform(),
        },
        "versions": {
            "python": platform.python_version(),
            **_versions("keras_seq", "keras", "tensorflow", "numpy"),
        },
        "commit": _commit(),
    }


def _cores() -> int | None:
    """Cores that this process may use, where the system says."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    """The commit of a source checkout; None for an installed package, wherever it is installed."""
    folder = Path(keras_seq.__file__).parent
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
