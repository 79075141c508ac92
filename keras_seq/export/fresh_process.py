"""Asks an exported model in a new Python process, where nothing of ours can help it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_seq.export.errors import ExportError

__all__ = ["ask_compiled_model", "ask_saved_model"]


def ask_saved_model(
    folder: str | os.PathLike, questions: Sequence[tuple[str, Mapping[str, np.ndarray]]]
) -> list[dict[str, list]]:
    """What a SavedModel answers without keras_seq, and without Keras.

    Args:
        folder: of the SavedModel.
        questions: (signature, its inputs by name), arrays of int32 or of str.

    Returns:
        The outputs of each question by name, as nested lists; strings as str.

    Raises:
        ExportError: it does not load, or fails.
    """
    asked = [
        [signature, {name: _sent(values) for name, values in inputs.items()}]
        for signature, inputs in questions
    ]
    task = {"folder": os.path.abspath(folder), "questions": asked}
    return _in_fresh_process(_SAVED_MODEL, task, "The SavedModel")


def ask_compiled_model(
    content: bytes, rows: Sequence, outputs: Mapping[str, tuple[str, Sequence[int]]]
) -> dict[str, list[np.ndarray]]:
    """What a `.tflite` of fixed shape answers in LiteRT's CompiledModel, one text at a time.

    Args:
        content: of the file.
        rows: token ids of each text, padded to the file's length.
        outputs: name -> (dtype, shape).

    Returns:
        Each text's outputs by name, padding included.

    Raises:
        ExportError: it does not load, or fails.
    """
    task = {"rows": [np.asarray(row).tolist() for row in rows], "outputs": outputs}
    answers = _in_fresh_process(_COMPILED_MODEL, task, "The .tflite file in CompiledModel", content)
    return {
        name: [np.array(answer[name], dtype).reshape(shape)[0] for answer in answers]
        for name, (dtype, shape) in outputs.items()
    }


def _sent(values):
    kind = "string" if values.dtype.kind in "UO" else "int32"
    return [kind, list(values.shape), values.ravel().tolist()]


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
# To import these is an error from here on. Without Keras and JAX TensorFlow starts in half the time.
sys.modules |= dict.fromkeys(["keras_seq", "keras", "jax"])
import tensorflow as tf
task = json.load(open(sys.argv[1], encoding="utf-8"))
model, answers = tf.saved_model.load(task["folder"]), []
def given(kind, shape, values):
    values = [value.encode("utf-8", "replace") if kind == "string" else value for value in values]
    return tf.reshape(tf.constant(values, kind), shape)
def told(values):
    if isinstance(values, list):
        return [told(value) for value in values]
    return values.decode() if isinstance(values, bytes) else values
for signature, inputs in task["questions"]:
    outputs = model.signatures[signature](**{name: given(*each) for name, each in inputs.items()})
    answers.append({name: told(output.numpy().tolist()) for name, output in outputs.items()})
json.dump(answers, open(sys.argv[2], "w", encoding="utf-8"))
"""
