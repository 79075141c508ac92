"""Opens an exported folder. A `.tflite` one imports neither TensorFlow nor Keras."""

import os

from keras_seq.errors import InputError
from keras_seq.export.folder import kind_of
from keras_seq.export.predictor import Predictor

__all__ = ["open_exported"]


def open_exported(folder: str | os.PathLike, num_threads: int = 1) -> Predictor:
    """What runs the model of an exported folder, its checksums verified. No code from it is executed.

    Args:
        folder: made by `keras_seq.export.export_model`.
        num_threads: for a `.tflite` model.

    Raises:
        InputError: not an exported folder, or a file of it is missing or damaged.

    Example:
        >>> model, encoder = open_exported("lite"), TextEncoder.load("lite")    # doctest: +SKIP
        >>> model.predict([encoder.encode("a wonderful film")])                 # doctest: +SKIP
        {'probabilities': [array([0.03, 0.97], dtype=float32)], 'weights': [...]}
    """
    kind = kind_of(folder)
    if kind == "tflite":
        from keras_seq.export.runtime import TFLiteModel

        return TFLiteModel(folder, num_threads)
    if kind == "saved_model":
        from keras_seq.export.saved_model import SavedModel

        return SavedModel(folder)
    raise InputError(
        f"{folder} is not an exported folder: it holds neither model.tflite nor saved_model.pb.\n"
        "Export a run into a folder first, and give that one."
    )
