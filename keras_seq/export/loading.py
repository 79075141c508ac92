"""Opens an exported folder. A `.tflite` one imports neither TensorFlow nor Keras."""

import os
from dataclasses import dataclass
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.export.folder import CONFIG_FILE, kind_of, load_labels
from keras_seq.export.predictor import Predictor
from keras_seq.text import TextEncoder

__all__ = ["Exported", "load_exported"]


@dataclass(frozen=True)
class Exported:
    """An exported model, ready to answer.

    Attributes:
        kind: "tflite" or "saved_model".
        predictor: runs it on token ids.
        text_encoder: turns texts into them.
        labels: in the order of the probabilities.
        config_text: content of `config.yaml`.
    """

    kind: str
    predictor: Predictor
    text_encoder: TextEncoder
    labels: list[str]
    config_text: str


def load_exported(folder: str | os.PathLike, num_threads: int = 1) -> Exported:
    """Opens an exported folder, after its checksums were verified. No code from it is executed.

    Args:
        folder: made by `keras_seq.export.export_model`.
        num_threads: for a `.tflite` model.

    Raises:
        InputError: not an exported folder, or a file of it is missing or damaged.

    Example:
        >>> lite = load_exported("lite")                                                    # doctest: +SKIP
        >>> lite.predictor.predict([lite.text_encoder.encode("a wonderful film")])          # doctest: +SKIP
        {'probabilities': [array([0.03, 0.97], dtype=float32)], 'weights': [...]}
    """
    kind = kind_of(folder)
    if kind == "tflite":
        from keras_seq.export.runtime import TFLiteModel

        predictor = TFLiteModel(folder, num_threads)
    elif kind == "saved_model":
        from keras_seq.export.saved_model import SavedModel

        predictor = SavedModel(folder)
    else:
        raise InputError(
            f"{folder} is not an exported folder: it holds neither model.tflite nor saved_model.pb.\n"
            "Export a run into a folder first, and give that one."
        )
    config_text = (Path(folder) / CONFIG_FILE).read_text(encoding="utf-8")
    return Exported(kind, predictor, TextEncoder.load(folder), load_labels(folder), config_text)
