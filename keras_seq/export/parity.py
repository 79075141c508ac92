"""Does the exported file say what the Keras model says?"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_seq.export.errors import ExportError
from keras_seq.export.predictor import PER_TOKEN, Predictor
from keras_seq.export.runtime import TFLiteModel
from keras_seq.text import TextEncoder

__all__ = [
    "TOLERANCE",
    "Outputs",
    "Parity",
    "check_saved_model",
    "check_tflite",
    "compare",
]

TOLERANCE = 1e-5  # largest absolute difference of a float32 export from its Keras model, any output

Outputs = dict[str, list[np.ndarray]]  # by name, one entry a text, without padding

_ONE_BY_ONE = 200  # texts, of those checked, that also go through alone


@dataclass(frozen=True)
class Parity:
    """What a check measured.

    Attributes:
        texts: how many were compared.
        calls: how often the exported model was called, with how many different shapes is up to the texts.
        differences: output name -> largest absolute difference from the Keras model.
        agreement: fraction of the texts that got the same label; None for models without `probabilities`.
    """

    texts: int
    calls: int
    differences: dict[str, float]
    agreement: float | None


def compare(expected: Outputs, found: Outputs, what: str) -> dict[str, float]:
    """The largest absolute difference of each output.

    Args:
        expected: of the Keras model.
        found: of the exported one, for the same texts.
        what: the exported model, as an error calls it.

    Raises:
        ExportError: other outputs, other shapes, or numbers that are not finite.
    """
    if set(expected) != set(found):
        raise ExportError(f"{what} has the outputs {sorted(found)}; the Keras model has {sorted(expected)}.")
    differences = {}
    for name, arrays in expected.items():
        worst = 0.0
        for index, (right, left) in enumerate(zip(arrays, found[name], strict=True)):
            if right.shape != left.shape:
                raise ExportError(
                    f"{what} gives {name} of shape {left.shape} where the Keras model gives {right.shape} "
                    f"(text {index})."
                )
            difference = float(np.max(np.abs(right - left), initial=0.0))
            if not math.isfinite(difference):
                raise ExportError(f"{what} gives {name} that are not finite (text {index}).")
            worst = max(worst, difference)
        differences[name] = worst
    return differences


def check_tflite(
    file: str | os.PathLike | bytes,
    reference: Predictor,
    id_lists: Sequence[Sequence[int]],
    tolerance: float | None = TOLERANCE,
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
        for name, difference in compare(seen, found, what).items():
            _check(what, name, difference, tolerance)
            worst[name] = max(worst[name], difference)
    return Parity(len(id_lists), model.calls, worst, _agreement(expected, passes[1][1]))


def check_saved_model(
    folder: str | os.PathLike,
    reference: Predictor,
    texts: Sequence[str],
    text_encoder: TextEncoder,
    labels: Sequence[str],
    tolerance: float = TOLERANCE,
) -> Parity:
    """Runs a SavedModel in a fresh process without keras_seq, on texts in batches and alone.

    Args:
        folder: of the SavedModel.
        reference: the Keras model.
        texts: what goes in.
        text_encoder: what the tokens must be, and the reference's ids.
        labels: in the order of the probabilities.
        tolerance: the largest difference allowed.

    Raises:
        ExportError: it does not load, differs by more, or cuts a text into other tokens.
    """
    what = "The SavedModel"
    expected = reference.predict([text_encoder.encode(text) for text in texts])
    task = {"folder": os.path.abspath(folder), "texts": list(texts), "tolerance": tolerance}
    answers, calls = _in_fresh_process(_SAVED_MODEL, task, what)
    for text, tokens in zip(texts, answers["tokens"], strict=True):
        if [token.text for token in text_encoder.split(text)] != tokens:
            raise ExportError(
                f"{what} cuts a text into other tokens than keras_seq: {tokens} for {text!r:.80}"
            )
    for text, probabilities, label in zip(texts, answers["probabilities"], answers["label"], strict=True):
        if labels[int(np.argmax(probabilities))] != label:
            raise ExportError(f"{what} answers {label!r}, which is not the likeliest label, for {text!r:.80}")
    found = {
        name: [np.array(row, np.float32) for row in rows]
        for name, rows in answers.items()
        if name not in ("label", "tokens")
    }
    differences = compare(expected, found, what)
    for name, difference in differences.items():
        _check(what, name, difference, tolerance)
    return Parity(len(texts), calls, differences, _agreement(expected, found))


def _check(what, name, difference, tolerance):
    if tolerance is not None and difference > tolerance:
        raise ExportError(
            f"{what} differs from the Keras model: {name} by {difference:.2g}; {tolerance:.0e} is allowed.\n"
            "Nothing was exported. Please report it, with the model's config.yaml."
        )


def _agreement(expected, found):
    if "probabilities" not in expected:
        return None
    pairs = zip(expected["probabilities"], found["probabilities"], strict=True)
    return float(np.mean([np.argmax(right) == np.argmax(left) for right, left in pairs]))


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
    """The outputs of a `.tflite` of fixed shape in LiteRT's CompiledModel, one text at a time."""
    task = {
        "rows": [list(ids) + [0] * (model.length - len(ids)) for ids in id_lists],
        "outputs": model.tensors()["outputs"],
    }
    rows = _in_fresh_process(_COMPILED_MODEL, task, "The .tflite file in CompiledModel", model.content)
    return {
        name: [
            np.array(row[name], dtype).reshape(shape)[0][: len(ids) if name in PER_TOKEN else None]
            for row, ids in zip(rows, id_lists, strict=True)
        ]
        for name, (dtype, shape) in task["outputs"].items()
    }


def _in_fresh_process(script, task, what, model=b""):
    """What a script for a new Python answers; its arguments are three files: task, answers, model."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    with tempfile.TemporaryDirectory() as room:
        given, answers, file = (Path(room) / name for name in ("task.json", "answers.json", "model.tflite"))
        given.write_text(json.dumps(task), encoding="utf-8")
        file.write_bytes(model)
        done = subprocess.run(
            [sys.executable, "-", given, answers, file],
            input=script,
            cwd=room,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            raise ExportError(f"{what} fails in a fresh process without keras_seq.\nPython says: {last:.300}")
        return json.loads(answers.read_text(encoding="utf-8"))


# In a process of its own: CompiledModel still writes to standard error when Python ends.
_COMPILED_MODEL = """
import json, math, sys
import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
task = json.load(open(sys.argv[1], encoding="utf-8"))
model, signature, answers = CompiledModel.from_file(sys.argv[3]), "serving_default", []
given = model.create_input_buffer_by_name(signature, "token_ids")
results = {name: model.create_output_buffer_by_name(signature, name) for name in task["outputs"]}
for row in task["rows"]:
    given.write(np.array([row], np.int32))
    model.run_by_name(signature, {"token_ids": given}, results)
    read = {name: results[name].read(math.prod(s), np.dtype(d)) for name, (d, s) in task["outputs"].items()}
    answers.append({name: np.asarray(values).ravel().tolist() for name, values in read.items()})
json.dump(answers, open(sys.argv[2], "w", encoding="utf-8"))
"""

_SAVED_MODEL = """
import json, sys
sys.modules["keras_seq"] = None  # importing it is an error from here on
import tensorflow as tf
task = json.load(open(sys.argv[1], encoding="utf-8"))
model = tf.saved_model.load(task["folder"])
serve, explain = model.signatures["serving_default"], model.signatures["explain"]
texts = [text.encode("utf-8", "replace") for text in task["texts"]]
answers = {"label": [], "probabilities": [], "tokens": []}
calls = 0
for batch in (texts[i : i + 32] for i in range(0, len(texts), 32)):
    more = {name: value.numpy() for name, value in explain(texts=tf.constant(batch, tf.string)).items()}
    plain = {name: value.numpy() for name, value in serve(texts=tf.constant(batch, tf.string)).items()}
    calls += 2
    for row, tokens in enumerate(more["tokens"]):
        tokens = [token.decode() for token in tokens if token]
        answers["tokens"].append(tokens)
        answers["label"].append(plain["label"][row].decode())
        answers["probabilities"].append(plain["probabilities"][row].tolist())
        if "weights" in more:
            answers.setdefault("weights", []).append(more["weights"][row][: len(tokens)].tolist())
for row, text in list(enumerate(texts))[:20]:  # alone, after the batches: the same
    alone = serve(texts=tf.constant([text], tf.string))["probabilities"].numpy()[0]
    calls += 1
    if max(abs(alone - answers["probabilities"][row])) > task["tolerance"]:
        sys.exit("a text alone gives other probabilities than in a batch")
if tf.size(serve(texts=tf.constant([], tf.string))["label"]) != 0:
    sys.exit("an empty batch gives labels")
json.dump([answers, calls], open(sys.argv[2], "w", encoding="utf-8"))
"""
