"""Python in a process of its own, most often because Keras can change its backend nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def fresh_process(code, *arguments, backend="tensorflow", **options):
    """What the code prints, where Keras stands on a backend; what went wrong is shown.

    JAX compiles in haste: for tiny models that is what takes the time.

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
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
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
