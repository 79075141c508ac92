"""Model files that keras_seq wrote, read again."""

import os
import zipfile

import keras

import keras_seq.layers  # noqa: F401  (registers the layers that a file names)
from keras_seq.errors import InputError

__all__ = ["load_model"]


def load_model(path: str | os.PathLike, compile: bool = False) -> keras.Model:
    """Load a `.keras` file. Keras' `safe_mode` stays on: no Lambda, no code from the file.

    Args:
        path: the file.
        compile: also restore optimizer, loss and metrics.

    Raises:
        InputError: there is no such file, it is damaged, or it holds what is neither Keras' nor ours.
    """
    if not os.path.isfile(path):
        raise InputError(f"There is no model file {path}.")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # Keras would not notice a part that it does not read
        if damaged:
            raise ValueError(f"{damaged} inside it is damaged")
        return keras.models.load_model(path, compile=compile)
    except Exception as error:  # a damaged file fails in as many ways as it has bytes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{path} cannot be loaded: {reason[:200]}\nIt is damaged, or not written by keras_seq."
        ) from error
