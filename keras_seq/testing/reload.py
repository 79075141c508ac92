"""Run in a fresh process by `saving.py`: load each model of a folder, answer its inputs, write that down."""

import importlib
import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Every `N.keras` with `N.inputs.npz` gives `N.outputs.npz`, or `N.error.txt`."""
    # The folder of this script stands first on the path; its files must not pass for modules.
    sys.path.pop(0)
    import keras
    import numpy as np

    for module in json.loads((folder / "modules.json").read_text(encoding="utf-8")):
        importlib.import_module(module)
    for file in sorted(folder.glob("*.keras")):
        try:
            with np.load(file.with_suffix(".inputs.npz")) as inputs:
                answers = keras.models.load_model(file).predict_on_batch(
                    {name: inputs[name] for name in inputs.files}
                )
            arrays = [keras.ops.convert_to_numpy(answer) for answer in keras.tree.flatten(answers)]
            np.savez(file.with_suffix(".outputs.npz"), **{f"{n:03}": array for n, array in enumerate(arrays)})
        except Exception as error:
            letter = f"loading in a fresh process raised {type(error).__name__}: {error}"
            file.with_suffix(".error.txt").write_text(letter, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
