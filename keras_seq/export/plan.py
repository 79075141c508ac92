"""What a task states about its export; `export_model` does what is common to all."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_seq.export.inference import KerasModel
from keras_seq.export.parity import (
    TOLERANCE,
    Parity,
    check_tflite,
    compare_row,
    largest_difference,
    rows_of_saved_model,
)
from keras_seq.export.predictor import Predictor

__all__ = ["ExportPlan", "Signatures", "token_id_signatures"]

# Signature name -> a `tf.function` with an input signature that returns a dict of tensors, and what they use.
Signatures = tuple[dict[str, Callable], list[object]]


class ExportPlan:
    """What is particular to a task when its model is taken away.

    A subclass states how its texts are cut, what a SavedModel of strings answers, and what the card says.
    What is written here suits a model of token ids `(B, T)` or `(B, T, W)`; one of another kind, with more
    signatures say, states these steps too.

    Args:
        model: the Keras model, answering or as `keras_seq.export.inference.inference_model` takes it.
        length: a fixed length in tokens, for the browser's LiteRT; None for any; tflite only.
        measure: what runs a model -> its metrics on labelled texts, to say what the export costs; None
            without such texts.

    Attributes:
        reference: the Keras model that the exported one has to equal.
        meanings: name of a tensor -> what stands in it, for the card.
        tolerance: the largest difference of a float32 export that counts as rounding.
    """

    meanings: ClassVar[Mapping[str, str]] = {}
    tolerance: ClassVar[float] = TOLERANCE

    def __init__(
        self,
        model: keras.Model,
        length: int | None = None,
        measure: Callable[[Predictor], dict[str, float]] | None = None,
    ):
        # On the CPU, where the file will run too: a GPU multiplies in TensorFloat-32 and differs by 1e-3.
        self.reference = KerasModel(model, device="CPU:0")
        self.length = length
        self.measure = measure

    # What a subclass states ---------------------------------------------------------------------------------

    def id_lists(self) -> list:
        """Token ids of the texts that a `.tflite` is checked on, real and generated, cut to the length."""
        raise NotImplementedError

    def saved_model_signatures(self) -> Signatures:
        """Functions of strings for a SavedModel, and one of `token_ids`."""
        raise NotImplementedError

    def questions(self) -> dict[str, tuple[str, Sequence]]:
        """What a SavedModel is asked: signature -> the name of its input, and texts or lists of tokens."""
        raise NotImplementedError

    def expected_row(self, signature: str, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a signature has to answer to one of its questions, as `parity.compare_row` takes it.

        Args:
            signature, number: which question.
            row: what the SavedModel did say; of two answers that are equally good, this one is right.
        """
        raise NotImplementedError

    def about(self) -> dict[str, str]:
        """Lines of the card on what the model answers with."""
        raise NotImplementedError

    def example(self, format: str) -> str:
        """A Python program for the card that asks the model of the folder it runs in."""
        raise NotImplementedError

    def elsewhere(self) -> str:
        """How to ask a `.tflite` without Python, for the card."""
        raise NotImplementedError

    # What suits a model of token ids --------------------------------------------------------------------

    def tflite_signatures(self) -> Signatures:
        """The signatures of a `.tflite`: `serving_default` of `token_ids`."""
        return token_id_signatures(self.reference.model, self.length)

    def difference(self, name: str, text: int, expected: Mapping, found: Mapping) -> float | None:
        """How far an output is from the Keras model's, for one of the texts of `id_lists`.

        Args:
            name: of the output.
            text: which text.
            expected, found: all outputs of that text, by name.
        """
        return largest_difference(name, text, expected, found)

    def check_tflite(self, path: Path, tolerance: float | None) -> Parity:
        """Hold a `.tflite` against the Keras model.

        Raises:
            ExportError: they differ by more than the tolerance.
        """
        return check_tflite(path, self.reference, self.id_lists(), tolerance, self.difference)

    def check_saved_model(self, folder: str | os.PathLike) -> Parity:
        """Hold a SavedModel against the Keras model, in a fresh process without keras_seq.

        Raises:
            ExportError: they differ.
        """
        questions = self.questions()
        rows, calls = rows_of_saved_model(folder, questions)
        worst: dict[str, float] = {}
        for signature, answers in rows.items():
            for number, row in answers:
                expected, asked = self.expected_row(signature, number, row), questions[signature][1][number]
                for name, difference in compare_row(
                    expected, row, "The SavedModel", asked, self.tolerance
                ).items():
                    worst[name] = max(worst.get(name, 0.0), difference)
        return Parity(sum(len(items) for _, items in questions.values()), calls, worst, {})


def token_id_signatures(model: keras.Model, length: int | None = None) -> Signatures:
    """`serving_default` of a model of token ids, and what it uses.

    Args:
        model: token ids int32 `(B, T)` or `(B, T, W)` -> a dict of outputs.
        length: None for any batch and length; N for the shape (1, N), which the browser's LiteRT needs.
    """
    rows = (None, None) if length is None else (1, length)
    spec = tf.TensorSpec((*rows, *model.input.shape[2:]), tf.int32, name="token_ids")
    serve = tf.function(
        lambda token_ids: model(token_ids, training=False), input_signature=[spec], autograph=False
    )
    return {"serving_default": serve}, [variable.value for variable in model.variables]
