"""Python in a process of its own, most often because Keras can change its backend nowhere else."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Keras imports the first two where they are installed, TensorFlow the third: most of the time of a start.
_NOT_NEEDED = ("matplotlib", "sklearn", "jax")


def jax_in_haste():
    """The environment of a process where Keras stands on JAX; without JAX a test is skipped.

    For tiny models compiling is what takes the time. JAX stops at a flag of XLA that only TensorFlow knows.
    """
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    return {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }


def fresh_process(code, *arguments, backend="tensorflow", **options):
    """What the code prints, where Keras stands on a backend; what went wrong is shown.

    Args:
        code: Python.
        arguments: its `sys.argv[1:]`.
        backend: of Keras.
        options: of `subprocess.run`.
    """
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in [str(ROOT), *sys.path]),
        **(jax_in_haste() if backend == "jax" else {}),
    }
    without = [name for name in _NOT_NEEDED if name != backend]
    code = f"import sys; sys.modules |= dict.fromkeys({without})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        **options,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
