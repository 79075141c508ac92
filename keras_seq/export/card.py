"""The card of an exported model: README.md, plain text for a person. Imports neither TensorFlow nor Keras."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["card"]


def card(facts: Mapping[str, Any]) -> str:
    """The card as Markdown; a section without facts is left out.

    Args:
        facts: what is known, all of it optional but `format`:
            `name`, `description`, `task` (texts);
            `about`: mapping of what the model answers with to its value;
            `training`, `data`: mapping of what to its value, shown in order (split, seed, epochs, wall time,
            hardware, versions …);
            `scores`: rows, mappings with the same keys (metric, value, data, split …);
            `format` ("tflite" or "saved_model"), `quantize`, `length` (None: any);
            `files`: name -> bytes;
            `inputs`, `outputs`: signature or name -> text (dtype, shape, meaning);
            `operators`: name -> count;
            `checks`: lines on how the file was compared with the Keras model;
            `example`: a Python program that asks the model; `elsewhere`: how to ask a `.tflite` without
            Python; `limits`, `licence`: texts.
    """
    sections = [f"# {facts.get('name', 'An exported model')}"]
    if facts.get("description"):
        sections.append(facts["description"])
    about = {"task": facts.get("task"), **facts.get("about", {}), "format": _format(facts)}
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
    if not facts.get("example"):
        return None
    code = f"```python\n{facts['example']}```"
    if facts["format"] == "saved_model" or not facts.get("elsewhere"):
        return code
    asked = 'With keras_seq: `keras-seq APP predict FOLDER "text"`.'
    return f"{code}\n\nElsewhere (Android, iOS, a browser): {facts['elsewhere']} {asked}"


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
