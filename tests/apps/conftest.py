"""A trained toy and its exports, made once by the command itself."""

import subprocess
import sys

import pytest

from keras_seq.cli import main

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


@pytest.fixture(scope="session")
def exported(run, tmp_path_factory):
    """The run as SavedModel, TFLite and int8 TFLite."""
    places = {}
    for name, options in (
        ("saved_model", ["saved_model"]),
        ("tflite", ["tflite"]),
        ("int8", ["tflite", "--quantize", "int8"]),
    ):
        places[name] = tmp_path_factory.mktemp("exported") / name
        with pytest.raises(SystemExit) as leaving:
            main(["sentiment", "export", str(run), "--format", *options, "--output", str(places[name])])
        assert leaving.value.code == 0
    return places
