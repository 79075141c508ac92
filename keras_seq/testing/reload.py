"""Run in a fresh process by `saving.py`: load each model of a folder, answer its inputs, write that down."""

import importlib
import json
import sys
from pathlib import Path


def main(folder: Path, answers: Path) -> None:
    """Every `N.keras` with `N.inputs.npz` gives `N.outputs.npz`, or `N.error.txt`, among the answers."""
    # The folder of this script stands first on the path; its files must not pass for modules.
    sys.path.pop(0)
    import keras
    import numpy as np

    for module in json.loads((folder / "modules.json").read_text(encoding="utf-8")):
        importlib.import_module(module)
    # What is drawn for a weight is lost when the weight is read; JAX compiles the drawing for each shape.
    for kind in ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal"):
        getattr(keras.initializers, kind).__call__ = keras.initializers.Zeros.__call__
    for file in sorted(folder.glob("*.keras")):
        try:
            model = keras.models.load_model(file)
            with np.load(file.with_suffix(".inputs.npz")) as given:
                inputs = {name: given[name] for name in given.files}
            # JAX compiles, as nowhere else; TensorFlow has a law of its own for that.
            answer = model.predict_on_batch if keras.backend.backend() == "jax" else model
            arrays = [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(answer(inputs))]
            np.savez(
                answers / f"{file.stem}.outputs.npz", **{f"{n:03}": array for n, array in enumerate(arrays)}
            )
        except Exception as error:
            letter = f"loading in a fresh process raised {type(error).__name__}: {error}"
            (answers / f"{file.stem}.error.txt").write_text(letter, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
