"""Does the exported file say what the Keras model says?"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_seq.export.errors import ExportError
from keras_seq.export.fresh_process import ask_compiled_model, ask_saved_model
from keras_seq.export.predictor import Predictor, unpadded
from keras_seq.export.runtime import TFLiteModel

__all__ = [
    "TOLERANCE",
    "Difference",
    "Outputs",
    "Parity",
    "check_tflite",
    "compare",
    "compare_row",
    "largest_difference",
    "rows_of_saved_model",
]

TOLERANCE = 1e-5  # largest difference of a float32 export from its Keras model, any output

Outputs = dict[str, list[np.ndarray]]  # by name, one entry a text, without padding
# Of (output, text, all outputs expected of the text, all found); None where their shapes differ.
Difference = Callable[[str, int, Mapping[str, np.ndarray], Mapping[str, np.ndarray]], float | None]

_ONE_BY_ONE = 200  # texts, of those checked, that also go through alone
_BATCH = 32


@dataclass(frozen=True)
class Parity:
    """What a check measured.

    Attributes:
        texts: how many were compared.
        calls: how often the exported model was called, with how many different shapes is up to the texts.
        differences: output name -> largest difference from the Keras model.
        agreement: kind of answer -> the fraction of answers that are the Keras model's: "label", "intent" and
            "translation" of texts, "tag" of words; only those that the model gives.
    """

    texts: int
    calls: int
    differences: dict[str, float]
    agreement: dict[str, float]


def largest_difference(
    name: str, text: int, expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> float | None:
    """The largest absolute difference of an output: how outputs are compared unless a task knows better."""
    if expected[name].shape != found[name].shape:
        return None
    return float(np.max(np.abs(expected[name] - found[name]), initial=0.0))


def compare(
    expected: Outputs, found: Outputs, what: str, difference: Difference = largest_difference
) -> dict[str, float]:
    """The largest difference of each output.

    Args:
        expected: of the Keras model.
        found: of the exported one, for the same texts.
        what: the exported model, as an error calls it.
        difference: of one output of one text.

    Raises:
        ExportError: other outputs, other shapes, or numbers that are not finite.
    """
    if set(expected) != set(found):
        raise ExportError(f"{what} has the outputs {sorted(found)}; the Keras model has {sorted(expected)}.")
    differences = dict.fromkeys(expected, 0.0)
    for index, (right, left) in enumerate(zip(_by_text(expected), _by_text(found), strict=True)):
        for name in expected:
            distance = difference(name, index, right, left)
            if distance is None:
                raise ExportError(
                    f"{what} gives {name} of shape {left[name].shape} where the Keras model gives "
                    f"{right[name].shape} (text {index})."
                )
            if not math.isfinite(distance):
                raise ExportError(f"{what} gives {name} that are not finite (text {index}).")
            differences[name] = max(differences[name], distance)
    return differences


def check_tflite(
    file: str | os.PathLike | bytes,
    reference: Predictor,
    id_lists: Sequence[Sequence[int]],
    tolerance: float | None = TOLERANCE,
    difference: Difference = largest_difference,
) -> Parity:
    """Runs a `.tflite` on texts in the order given one by one, then in batches, then one by one again.

    The same interpreter serves all calls, so that a state kept from one to the next, or from one shape to
    another, shows. A file of fixed length also runs through LiteRT's CompiledModel, which is what the browser
    has and which shows faults that the interpreter hides.

    Args:
        file: the `.tflite` file, or its content.
        reference: the Keras model.
        id_lists: token ids of each text; for a file of fixed length none longer than it.
        tolerance: the largest difference allowed; None only measures (quantised files).
        difference: of one output of one text.

    Raises:
        ExportError: a larger difference, or one that no tolerance covers.
    """
    expected = reference.predict(id_lists)
    few = id_lists[:_ONE_BY_ONE]
    model = _Counted(TFLiteModel(file))
    passes = [("The .tflite file, one text at a time,", _one_by_one(model, few))]
    passes.append(("The .tflite file, in batches,", model.predict(id_lists)))
    passes.append(("The .tflite file, called again,", _one_by_one(model, few[:20])))
    if model.inner.length is not None:
        passes.append(("The .tflite file in CompiledModel", _in_compiled_model(model.inner, few)))
    worst = dict.fromkeys(expected, 0.0)
    for what, found in passes:
        seen = {name: arrays[: len(found.get(name, arrays))] for name, arrays in expected.items()}
        for name, distance in compare(seen, found, what, difference).items():
            _check(what, name, distance, tolerance)
            worst[name] = max(worst[name], distance)
    return Parity(len(id_lists), model.calls, worst, _agreement(expected, passes[1][1]))


def rows_of_saved_model(
    folder: str | os.PathLike, questions: Mapping[str, tuple[str, Sequence]]
) -> tuple[dict[str, list[tuple[int, dict[str, Any]]]], int]:
    """What a SavedModel says to texts, in batches and alone, in a fresh process without keras_seq.

    Args:
        folder: of the SavedModel.
        questions: signature -> the name of its input, and what goes in: texts, or lists of tokens.

    Returns:
        signature -> (which of its texts, the outputs by name without the axis of the batch) for each time
        that a text went through: all in batches, then the first 20 alone; and the number of calls.

    Raises:
        ExportError: it does not load, fails, or answers an empty batch with more than nothing.
    """
    calls = []
    for signature, (name, items) in questions.items():
        numbers = list(range(len(items)))
        batches = [numbers[start : start + _BATCH] for start in range(0, len(items), _BATCH)]
        for batch in (*batches, *([number] for number in numbers[:20]), []):
            calls.append((signature, batch, {name: _batch([items[number] for number in batch], items)}))
    answers = ask_saved_model(folder, [(signature, inputs) for signature, _, inputs in calls])
    rows: dict[str, list] = {signature: [] for signature in questions}
    for (signature, batch, _), outputs in zip(calls, answers, strict=True):
        if any(len(values) != len(batch) for values in outputs.values()):
            raise ExportError(f"The SavedModel does not answer {len(batch)} texts with as many answers.")
        for place, number in enumerate(batch):
            row = {output: values[place] for output, values in outputs.items()}
            rows[signature].append((number, row))
    return rows, len(calls)


def compare_row(
    expected: Mapping[str, Any], found: Mapping[str, Any], what: str, asked: Any, tolerance: float = TOLERANCE
) -> dict[str, float]:
    """The largest difference of each output of numbers, of one text.

    Args:
        expected: name -> a text, which must be the same; a list of texts or of whole numbers, which must be,
            with "" or -1 behind it; an array of floats, with zeros behind it.
        found: what a signature answered to the text.
        what: the exported model, as an error calls it.
        asked: the text.
        tolerance: the largest difference allowed.

    Raises:
        ExportError: other outputs, or a difference.
    """
    if set(expected) != set(found):
        raise ExportError(f"{what} has the outputs {sorted(found)}; expected are {sorted(expected)}.")
    differences = {}
    for name, right in expected.items():
        left = found[name]
        if isinstance(right, np.ndarray):
            left = np.array(left, np.float64)
            if not left.size + right.size:  # lists do not tell (0,) from (0, 5)
                differences[name] = 0.0
                continue
            if left.ndim:
                sizes = zip(left.shape, right.shape, strict=False)
                right = np.pad(right, [(0, max(0, size - known)) for size, known in sizes])
            differences[name] = compare({name: [right]}, {name: [left]}, what)[name]
            _check(what, name, differences[name], tolerance)
            continue
        if isinstance(right, list):
            right = right + [-1 if left and isinstance(left[-1], int) else ""] * (len(left) - len(right))
        if left != right:
            raise ExportError(
                f"{what} answers other {name} than keras_seq: {left!r:.200} and not {right!r:.200}, "
                f"for {asked!r:.80}."
            )
    return differences


def _check(what, name, difference, tolerance):
    if tolerance is not None and difference > tolerance:
        raise ExportError(
            f"{what} differs from the Keras model: {name} by {difference:.2g}; {tolerance:.0e} is allowed.\n"
            "Nothing was exported. Please report it, with the model's config.yaml."
        )


def _batch(items, kind):
    """Texts `(B,)`, or lists of tokens `(B, T)` padded with ""; the kind is that of all items."""
    if not kind or isinstance(kind[0], str):
        return np.array(items, object)
    padded = np.full((len(items), max(map(len, items), default=0)), "", object)
    for row, tokens in zip(padded, items, strict=True):
        row[: len(tokens)] = tokens
    return padded


def _agreement(expected, found):
    """The fraction of answers that are the same, by the kind of answer."""
    same = {}
    if "target_ids" in expected:
        pairs = zip(expected["target_ids"], found["target_ids"], strict=True)
        same["translation"] = float(
            np.mean([np.array_equal(_best(one), _best(other)) for one, other in pairs])
        )
    for kind, name in (("label", "probabilities"), ("intent", "intent_probabilities")):
        if name in expected:
            pairs = zip(expected[name], found[name], strict=True)
            same[kind] = float(np.mean([np.argmax(right) == np.argmax(left) for right, left in pairs]))
    if "tag_ids" in expected:
        right, left = (np.concatenate(side["tag_ids"]) for side in (expected, found))
        same["tag"] = float(np.mean(right == left))
    return same


def _best(target_ids):
    """The first translation of several `(n, L)`."""
    return np.trim_zeros(target_ids[0], "b")


def _by_text(outputs):
    """Outputs by name, one entry a text -> for each text its outputs by name."""
    return [dict(zip(outputs, each, strict=True)) for each in zip(*outputs.values(), strict=True)]


def _one_by_one(model, id_lists):
    outputs = [model.predict([ids]) for ids in id_lists]
    return {name: [output[name][0] for output in outputs] for name in outputs[0]}


class _Counted(Predictor):
    """The same model, with its calls counted."""

    def __init__(self, inner):
        self.inner = inner
        self.calls = 0

    def run(self, token_ids):
        self.calls += 1
        return self.inner.run(token_ids)


def _in_compiled_model(model, id_lists):
    """The outputs of a `.tflite` of fixed shape in LiteRT's CompiledModel, without padding."""
    tensors = model.tensors()["serving_default"]
    (_, (_, *shape)) = tensors["inputs"]["token_ids"]
    rows = np.zeros((len(id_lists), *shape), np.int32)
    for row, ids in zip(rows, id_lists, strict=True):
        row[: len(ids)] = ids
    found = _by_text(ask_compiled_model(model.content, rows, tensors["outputs"]))
    found = [unpadded(row, len(ids)) for row, ids in zip(found, id_lists, strict=True)]
    return {name: [row[name] for row in found] for name in tensors["outputs"]}
