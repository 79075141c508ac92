"""A trained toy and its exports, made once by the command itself."""

import pytest

from keras_seq.cli import main


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
