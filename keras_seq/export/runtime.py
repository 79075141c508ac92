"""Runs an exported `.tflite` model with NumPy and LiteRT alone. Imports neither TensorFlow nor Keras."""

import os
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from keras_seq.errors import InputError
from keras_seq.export.folder import TFLITE_FILE, verify
from keras_seq.export.predictor import PER_TOKEN, Predictor
from keras_seq.export.stderr import native_messages_dropped
from keras_seq.untrusted import refusing
from keras_seq.untrusted.lite import check_lite

__all__ = ["TFLiteModel"]


class TFLiteModel(Predictor):
    """A `.tflite` model in LiteRT's interpreter.

    Args:
        source: an exported folder, whose checksums are then verified; a `.tflite` file; or its content.
        num_threads: threads of the interpreter.

    Attributes:
        signatures: name -> what runs it; `run` and `predict` go to "serving_default".
        length: None where the model takes any length and batch; N where it was exported with `length=N`. Then
            rows go through one by one, padded to N.

    Raises:
        InputError: the file is missing, damaged, or no model of token ids; or it holds what LiteRT would not
            survive, or what no export holds (see `keras_seq.untrusted.lite`).

    Not for several threads at once: give each its own.

    Example:
        >>> model = TFLiteModel("lite")                                             # doctest: +SKIP
        >>> model.predict([encoder.encode("a wonderful film")])["probabilities"]    # doctest: +SKIP
        [array([0.03, 0.97], dtype=float32)]
    """

    def __init__(self, source: str | os.PathLike | bytes, num_threads: int = 1):
        self.content, self.name = _read(source)
        with refusing(f"{self.name} is no model that turns token_ids (batch, length) into answers"):
            check_lite(self.content)
        try:
            with native_messages_dropped():
                self._interpreter = Interpreter(model_content=self.content, num_threads=num_threads)
                self._interpreter.allocate_tensors()
                self.signatures = {
                    name: self._interpreter.get_signature_runner(name)
                    for name in self._interpreter.get_signature_list()
                }
            batch, length, *_ = self.signatures["serving_default"].get_input_details()["token_ids"][
                "shape_signature"
            ]
        except (ValueError, RuntimeError, KeyError) as error:
            raise InputError(
                f"{self.name} is no model that turns token_ids (batch, length) into answers.\n"
                f"LiteRT says: {error}"
            ) from None
        self.length = None if length == -1 else int(length)
        self._one_by_one = batch != -1

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        """See `Predictor.run`. With a fixed length, a longer batch is an InputError."""
        token_ids = np.asarray(token_ids, np.int32)
        if not self._one_by_one:
            return self._invoke(token_ids)
        length = token_ids.shape[1]
        if length > self.length:
            raise InputError(
                f"The model was exported for texts of at most {self.length} tokens.\n"
                f"Received: a text of {length} tokens. Shorten it, or export without --length."
            )
        token_ids = np.pad(token_ids, ((0, 0), (0, self.length - length), *[(0, 0)] * (token_ids.ndim - 2)))
        rows = [self._invoke(token_ids[row : row + 1]) for row in range(len(token_ids))]
        return {
            name: np.concatenate([row[name][:, :length] if name in PER_TOKEN else row[name] for row in rows])
            for name in rows[0]
        }

    def tensors(self) -> dict[str, dict[str, dict[str, tuple[str, list[int]]]]]:
        """Signature -> `{"inputs": {name: (dtype, shape)}, "outputs": …}`; -1 is any size."""
        return {
            signature: {
                kind: {
                    name: (np.dtype(tensor["dtype"]).name, tensor["shape_signature"].tolist())
                    for name, tensor in details.items()
                }
                for kind, details in (
                    ("inputs", runner.get_input_details()),
                    ("outputs", runner.get_output_details()),
                )
            }
            for signature, runner in self.signatures.items()
        }

    def _invoke(self, token_ids):
        try:
            return self.signatures["serving_default"](token_ids=token_ids)
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"{self.name} cannot take these ids: its vocabulary belongs to another model.\n"
                f"LiteRT says: {' '.join(str(error).split())[:200]}"
            ) from None


def _read(source):
    """The content of a model, and how to call it in an error."""
    if isinstance(source, bytes):
        return source, "The model"
    path = Path(source)
    if path.is_dir():
        verify(path)
        path = path / TFLITE_FILE
    try:
        return path.read_bytes(), str(path)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
