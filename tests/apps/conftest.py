"""A trained toy, made once by the command itself; and what tests of several apps ask."""

import contextlib
import copy
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keras_seq.cli import main
from keras_seq.errors import Interrupted
from keras_seq.export.predictor import Predictor

ROOT = Path(__file__).parents[2]

# A process in which TensorFlow and Keras cannot be imported runs the command itself.
WITHOUT_TENSORFLOW = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Refuse())
from keras_seq.cli import main
main(sys.argv[1:])
"""


def without_tensorflow(*arguments):
    """What a command prints in a process that has neither TensorFlow nor Keras."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed_by_the_card(folder, *without):
    """What the Python snippet of an export's card prints, in a process that has not the named packages."""
    (code,) = (folder / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    blocking = f"import sys\nfor name in {without}: sys.modules[name] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocking + code.split("```")[0]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def terminated(kind, method, call, saved):
    """Inside, a training gets SIGTERM where it calls a method for the n-th time.

    Args:
        kind: a class, an app or a callback.
        method: the name of a method.
        call: which call of it, from 1.
        saved: what the person is told to be saved.
    """
    original, calls = getattr(kind, method), itertools.count(1)

    def interrupting(self, *arguments, **named):
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, method, interrupting)
        with pytest.raises(Interrupted, match=rf"Saved in .*: {saved}\. (.|\n)*--resume"):
            yield


def ends_of(run):
    """Two runs that went the same way have the same of these: all arrays, and all that TensorBoard shows."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from kill_and_resume import arrays_of, logged_in
    finally:
        sys.path.pop(0)
    # Names of layers count on in one process.
    return arrays_of(run), {key: value for key, value in logged_in(run).items() if key[1] != "keras"}


class Graph(Predictor):
    """Asks a function of token ids that is traced."""

    def __init__(self, function):
        self.function = function

    def run(self, token_ids):
        return {name: output.numpy() for name, output in self.function(token_ids=token_ids).items()}


def in_graphs(app):
    """An app that answers by the graphs that a SavedModel of it would hold, and these by their signatures.

    To write graphs, to read them and to ask them in another process is the same whatever they compute: see
    the tests of whole exports.
    """
    signatures, _ = app.export_plan(None, None).saved_model_signatures()
    exported = copy.copy(app)
    exported.model, exported._predictor = None, Graph(signatures["token_ids"])
    return exported, signatures


def command(capsys, *arguments):
    """What a command prints on standard output and standard error, and its exit status."""
    with pytest.raises(SystemExit) as leaving:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return out, err, leaving.value.code


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run folder of the toy preset, made by the command."""
    folder = tmp_path_factory.mktemp("sentiment") / "run"
    with pytest.raises(SystemExit) as leaving:
        main(["sentiment", "train", "--preset", "toy", "--run", str(folder)])
    assert leaving.value.code == 0
    return folder
