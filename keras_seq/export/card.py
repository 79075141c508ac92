"""The card of an exported model: README.md, plain text for a person. Imports neither TensorFlow nor Keras."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["card"]

_TFLITE_EXAMPLE = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pip install ai-edge-litert
from keras_seq.text import TextEncoder  # plain Python; TensorFlow is not needed

folder = "."  # where this file is
encoder = TextEncoder.load(folder)
labels = open(f"{{folder}}/labels.txt", encoding="utf-8").read().splitlines()
model = Interpreter(f"{{folder}}/model.tflite", num_threads=1).get_signature_runner("serving_default")

token_ids = encoder.encode({text!r}){cut}
row = np.zeros((1, {length}), np.int32)  # 0 is padding, on the right
row[0, : len(token_ids)] = token_ids
answer = model(token_ids=row)
print(labels[int(answer["probabilities"][0].argmax())], answer["probabilities"][0])
"""

_SAVED_MODEL_EXAMPLE = """\
import tensorflow as tf  # nothing else is needed

model = tf.saved_model.load(".")  # the folder of this file; keep the object
answer = model.signatures["serving_default"](texts=tf.constant([{text!r}]))
print(answer["label"][0].numpy().decode(), answer["probabilities"][0].numpy())
"""


def card(facts: Mapping[str, Any]) -> str:
    """The card as Markdown; a section without facts is left out.

    Args:
        facts: what is known, all of it optional but `format`:
            `name`, `description` (texts), `task`, `labels` (list);
            `training`, `data`: mapping of what to its value, shown in order (split, seed, epochs, wall time,
            hardware, versions …);
            `scores`: rows, mappings with the same keys (metric, value, data, split …);
            `format` ("tflite" or "saved_model"), `quantize`, `length` (None: any);
            `files`: name -> bytes;
            `inputs`, `outputs`: signature or name -> text (dtype, shape, meaning);
            `operators`: name -> count;
            `checks`: lines on how the file was compared with the Keras model;
            `example`: a text for the snippet; `limits`, `licence`: texts.
    """
    sections = [f"# {facts.get('name', 'An exported model')}"]
    if facts.get("description"):
        sections.append(facts["description"])
    about = {
        "task": facts.get("task"),
        "labels": ", ".join(facts.get("labels", ())),
        "format": _format(facts),
    }
    sections.append(_pairs(about))
    for title, body in (
        ("Use", _example(facts)),
        ("Inputs and outputs", _pairs({**facts.get("inputs", {}), **facts.get("outputs", {})})),
        ("Data", _pairs(facts.get("data", {}))),
        ("Training", _pairs(facts.get("training", {}))),
        ("Scores", _table(facts.get("scores", ()))),
        ("Checks", "\n".join(f"- {line}" for line in facts.get("checks", ()))),
        (
            "Files",
            _table([{"file": name, "bytes": f"{size:,}"} for name, size in facts.get("files", {}).items()]),
        ),
        (
            "Operators",
            ", ".join(f"{name} {count}" for name, count in sorted(facts.get("operators", {}).items())),
        ),
        ("Limits", facts.get("limits")),
        ("Licence", facts.get("licence")),
    ):
        if body:
            sections.append(f"## {title}\n\n{body}")
    return "\n\n".join(section for section in sections if section) + "\n"


def _format(facts):
    if facts["format"] == "saved_model":
        return "TensorFlow SavedModel; text in, answers out; the vocabulary is inside"
    weights = {"none": "float32", "float16": "float16 weights", "int8": "int8 weights (dynamic range)"}
    length = facts.get("length")
    shape = f"fixed shape: one text of at most {length} tokens" if length else "any batch and length"
    return f"TFLite for LiteRT, builtin operators only; {weights[facts.get('quantize', 'none')]}; {shape}"


def _example(facts):
    text = facts.get("example", "a wonderful film")
    if facts["format"] == "saved_model":
        return f"```python\n{_SAVED_MODEL_EXAMPLE.format(text=text)}```"
    length = facts.get("length")
    code = _TFLITE_EXAMPLE.format(
        text=text, cut=f"[:{length}]" if length else "", length=length or "max(1, len(token_ids))"
    )
    return (
        f"```python\n{code}```\n\n"
        "Elsewhere (Android, iOS, a browser): cut the text into tokens as `tokenizer.json` says, look each\n"
        "up in `vocabulary.txt` (the line number, from 0, is the id; 0 is padding, 1 an unknown token), and\n"
        'run the signature `serving_default`. With keras_seq: `keras-seq APP predict FOLDER "text"`.'
    )


def _pairs(values: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in values.items() if value not in (None, ""))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row.get(name)) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _cell(value):
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
