"""Every app trained by JAX, and stopped in the middle of an epoch and gone on with, in one process.

KERAS_BACKEND=jax python -m tests.apps.small_trainings_by_jax FOLDER
"""

import json
import sys
from pathlib import Path

from keras_seq import apps
from keras_seq.application import verbs
from keras_seq.errors import InputError
from keras_seq.training import StopOnNan
from tests.apps.conftest import ends_of, terminated
from tests.apps.small_trainings import COMMON, OWN, columns

# One bucket, and so one shape for XLA to compile.
CHANGES = {**COMMON, "batch_size": 8, "dropout": 0.1, "max_length": 12}
TEXTS = ["good hot down", "old"]


def write_data(folder, name):
    """The examples of an app as a file that it reads."""
    words, *others = columns(name, 24)
    if name == "tagging":
        pairs = (
            "\n".join(map("\t".join, zip(*each, strict=True))) for each in zip(words, others[0], strict=True)
        )
        text = "\n\n".join(pairs)
    else:
        text = "\n".join(map("\t".join, zip(words, *others, strict=True)))
    path = folder / f"{name}.{'bio' if name == 'tagging' else 'tsv'}"
    path.write_text(text + "\n")
    return path


def main(folder):
    """Leave `NAME` and `NAME.json`, what each said, for who looks at them by TensorFlow."""
    for name in OWN:
        kind = getattr(apps, name.capitalize())
        data = str(write_data(folder, name))
        changes = {**CHANGES, **OWN[name], "train": data, "valid": data}
        run, other = str(folder / name), str(folder / f"{name}-stopped")
        verbs.train(kind, run=run, preset="toy", changes=changes)
        with terminated(StopOnNan, "on_train_batch_end", 4, "1 epoch and 1 step of the next"):
            verbs.train(kind, run=other, preset="toy", changes=changes)
        verbs.train(kind, run=other, changes={}, resume=True)
        refused = ""
        try:
            verbs.export(kind, run, format="tflite", quantize="none", length=None, output=str(folder / "no"))
        except InputError as error:
            refused = str(error)
        said = {
            "resumed alike": ends_of(Path(run)) == ends_of(Path(other)),
            "scores": verbs.evaluate(kind, run, test=data)["metrics"],
            "answers": kind.load(run).predict(TEXTS),
            "refused": refused,
        }
        (folder / f"{name}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
