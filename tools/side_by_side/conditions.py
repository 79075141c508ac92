"""What a benchmark runs under, printed with its numbers."""

import contextlib
import os
import platform
from collections.abc import Iterator
from importlib.metadata import version

__all__ = ["cpu_only", "told", "usable_cores"]


def cpu_only() -> None:
    """Contenders that begin after this compute on the CPU, and TensorFlow keeps to itself what it finds."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def told(
    *measured: str, packages: tuple[str, ...] = ("tensorflow",), others: tuple[str, ...] = ()
) -> Iterator[None]:
    """A line before the tables, and how busy the machine was, before and after them.

    Args:
        measured: what is measured, and how often.
        packages: of this environment, whose versions count.
        others: programs of other environments, with their versions.
    """
    versions = [*(f"{package} {version(package)}" for package in packages), *others]
    machine = f"{platform.machine()}, {usable_cores()} of {os.cpu_count()} cores"
    print("; ".join([*measured, machine, ", ".join(versions), f"load average {load()}"]), flush=True)
    yield
    print(f"\nLoad average at the end: {load()}")


def load() -> str:
    """How many processes wanted a core, on average of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def usable_cores() -> int:
    """Cores that this process may use: `taskset` narrows them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
