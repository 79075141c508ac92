"""A trained model to a folder that is taken away: written aside, checked, then put under its name."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_seq.export import folder as layout
from keras_seq.export.card import card
from keras_seq.export.options import check_options
from keras_seq.export.parity import Parity
from keras_seq.export.plan import ExportPlan
from keras_seq.export.runtime import TFLiteModel
from keras_seq.export.saved_model import export_saved_model
from keras_seq.export.tflite import convert, operators
from keras_seq.files import write_folder_atomically

__all__ = ["ExportReport", "export_model"]


@dataclass(frozen=True)
class ExportReport:
    """What was exported, and what its check measured.

    Attributes:
        folder: where it is.
        format: "tflite" or "saved_model".
        quantize: "none", "float16" or "int8".
        length: the fixed length, or None.
        files: name -> bytes.
        parity: the comparison with the Keras model.
        scores: `{"before": {"accuracy": …}, "after": {…}}` on labelled texts, of the Keras model and of the
            file; empty without any, and for SavedModels.
        seconds: wall time, checks included.
    """

    folder: Path
    format: str
    quantize: str
    length: int | None
    files: dict[str, int]
    parity: Parity
    scores: dict[str, dict[str, float]]
    seconds: float


def export_model(
    target: str | os.PathLike,
    format: str,
    plan: ExportPlan,
    *,
    save_parts: Callable[[Path], None],
    config_text: str,
    quantize: str = "none",
    card_facts: Mapping[str, Any] | None = None,
) -> ExportReport:
    """Exports a model, checks the export against it, and only then puts it under its name.

    Args:
        target: the folder; new, empty, or an earlier export, which is replaced.
        format: "saved_model" or "tflite".
        plan: the model, what is particular to its task, and its fixed length.
        save_parts: writes what turns texts into ids, and numbers into labels, as plain files into a folder.
        config_text: content of `config.yaml`.
        quantize: "none", "float16", "int8"; tflite only.
        card_facts: what the card says beside what is measured here; see `keras_seq.export.card.card`.

    Returns:
        What was written and measured.

    Raises:
        InputError: an unknown format or quantisation, an option of the other format, a folder that must not
            be replaced or cannot be written.
        ExportError: the model cannot be converted, or the export differs from it. Nothing was exported.
    """
    check_options(format, quantize, plan.length)
    started = time.perf_counter()
    with write_folder_atomically(target, layout.why_not_replace) as side:
        save_parts(side)
        (side / layout.CONFIG_FILE).write_text(config_text, encoding="utf-8", newline="\n")
        if format == "tflite":
            parity, scores, facts = _write_tflite(side, plan, quantize)
        else:
            parity, scores, facts = _write_saved_model(side, plan)
        known = {
            "format": format,
            "quantize": quantize,
            "length": plan.length,
            "about": plan.about(),
            "example": plan.example(format),
            "elsewhere": plan.elsewhere(),
            "files": _sizes(side),
            "checks": _checks(parity, scores, quantize),
        }
        text = card({**known, **facts, **(card_facts or {})})
        (side / layout.CARD_FILE).write_text(text, encoding="utf-8", newline="\n")
        layout.seal(side)
        layout.verify(side)
        files = _sizes(side)
    seconds = time.perf_counter() - started
    return ExportReport(Path(target), format, quantize, plan.length, files, parity, scores, seconds)


def _write_tflite(side, plan, quantize):
    path = side / layout.TFLITE_FILE
    path.write_bytes(convert(*plan.tflite_signatures(), quantize=quantize))
    parity = plan.check_tflite(path, plan.tolerance if quantize == "none" else None)
    model, scores = TFLiteModel(path), {}
    if plan.measure is not None:
        scores = {"before": plan.measure(plan.reference), "after": plan.measure(model)}
    facts = {"operators": operators(path.read_bytes())}
    signatures = model.tensors()
    main = signatures.pop("serving_default")
    for kind in ("inputs", "outputs"):
        facts[kind] = {
            name: f"{dtype} {_shape(shape)}" + (f": {plan.meanings[name]}" if name in plan.meanings else "")
            for name, (dtype, shape) in main[kind].items()
        }
    for name, tensors in signatures.items():
        given, back = (
            ", ".join(f"{tensor} {dtype} {_shape(shape)}" for tensor, (dtype, shape) in tensors[kind].items())
            for kind in ("inputs", "outputs")
        )
        facts["outputs"][f"signature `{name}`"] = f"{given} -> {back}"
    return parity, scores, facts


def _write_saved_model(side, plan):
    functions, tracked = plan.saved_model_signatures()
    export_saved_model(side, functions, tracked)
    return plan.check_saved_model(side), {}, {"inputs": _signatures(functions)}


def _checks(parity, scores, quantize):
    """What was checked, in words for the card."""
    differences = ", ".join(f"{name} {difference:.1e}" for name, difference in parity.differences.items())
    said = f"largest difference from Keras: {differences}" if differences else "the same answers as Keras"
    lines = [f"{parity.texts} texts in {parity.calls} calls; {said}"]
    if quantize != "none" and parity.agreement:
        same = ", ".join(f"{kind} {share:.2%}" for kind, share in parity.agreement.items())
        lines.append(f"the same answer as the Keras model on these texts: {same}")
    for metric, before in scores.get("before", {}).items():
        after = scores["after"][metric]
        lines.append(f"{metric} on labelled texts: {before:.4f} in Keras, {after:.4f} exported")
    return lines


def _signatures(functions):
    """Signature name -> its inputs and outputs in words."""
    described = {}
    for name, function in functions.items():
        concrete = function.get_concrete_function()
        given = concrete.structured_input_signature[0]
        back = concrete.structured_outputs.items()
        inputs = ", ".join(f"{spec.name} {spec.dtype.name} {_shape(spec.shape)}" for spec in given)
        outputs = ", ".join(f"{output} {spec.dtype.name} {_shape(spec.shape)}" for output, spec in back)
        described[f"signature `{name}`"] = f"{inputs} -> {outputs}"
    return described


def _shape(shape):
    return f"({', '.join('any' if size in (None, -1) else str(size) for size in shape)})"


def _sizes(folder):
    """Path inside the folder -> bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
