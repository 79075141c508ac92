"""A trained model to a folder that is taken away: written aside, checked, then put under its name."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_seq.errors import InputError
from keras_seq.export import folder as layout
from keras_seq.export.card import card
from keras_seq.export.options import check_options
from keras_seq.export.samples import generated_texts
from keras_seq.files import write_folder_atomically
from keras_seq.text import TextEncoder

if TYPE_CHECKING:
    import keras

    from keras_seq.export.parity import Outputs, Parity

__all__ = ["ExportReport", "accuracy", "export_model"]

_MOST_CHECKED = 500  # texts compared with the Keras model, of those given

_MEANINGS = {
    "token_ids": "one text a row, 0 = padding, on the right",
    "probabilities": "one a label, in the order of `labels.txt`; a row sums to 1",
    "weights": "how much each token counted; a row sums to 1, and is 0 on padding",
}


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
        scores: `{"before": {"accuracy": …}, "after": {…}}` on the labelled texts, of the Keras model and of
            the file; empty without labels, and for SavedModels.
        seconds: wall time, checks included.
    """

    folder: Path
    format: str
    quantize: str
    length: int | None
    files: dict[str, int]
    parity: "Parity"
    scores: dict[str, dict[str, float]]
    seconds: float


def accuracy(outputs: "Outputs", answers: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Fraction of the texts whose likeliest label is the right one."""
    rows = zip(outputs["probabilities"], answers, strict=True)
    right = [labels[int(row.argmax())] == answer for row, answer in rows]
    return {"accuracy": sum(right) / len(right)}


def export_model(
    target: str | os.PathLike,
    format: str,
    *,
    model: "keras.Model",
    text_encoder: TextEncoder,
    labels: Sequence[str],
    config_text: str,
    quantize: str = "none",
    length: int | None = None,
    sample_texts: Sequence[str] = (),
    sample_labels: Sequence[str] | None = None,
    card_facts: Mapping[str, Any] | None = None,
    measure: Callable[["Outputs", Sequence[str], Sequence[str]], dict[str, float]] = accuracy,
    signatures: Callable | None = None,
) -> ExportReport:
    """Exports a model, checks the export against it, and only then puts it under its name.

    Args:
        target: the folder; new, empty, or an earlier export, which is replaced.
        format: "saved_model" or "tflite".
        model: a classifier (its output: logits), or any model of token ids with a dict of outputs.
        text_encoder: turns texts into the model's ids.
        labels: in the order of the model's logits.
        config_text: content of `config.yaml`.
        quantize: "none", "float16", "int8"; tflite only.
        length: a fixed length in tokens, for the browser's LiteRT; None for any; tflite only.
        sample_texts: real texts to compare on, hundreds of many lengths; generated ones always join them.
        sample_labels: the right labels of these texts, to measure what the export costs.
        card_facts: what the card says beside what is measured here; see `keras_seq.export.card.card`.
        measure: (outputs, right labels, labels) -> metrics.
        signatures: (model, text_encoder, labels) -> signatures of a SavedModel, and what they use; None takes
            a classifier's.

    Returns:
        What was written and measured.

    Raises:
        InputError: an unknown format or quantisation, an option of the other format, a folder that must not
            be replaced or cannot be written.
        ExportError: the model cannot be converted, or the export differs from it. Nothing was exported.
    """
    check_options(format, quantize, length)
    if len(set(labels)) != len(labels) or len(labels) < 2:
        raise InputError(f"An export needs at least two different labels. Received: {list(labels)!r:.80}")
    started = time.perf_counter()
    with write_folder_atomically(target, layout.why_not_replace) as side:
        # Imported here: a wrong argument is answered before TensorFlow has started.
        from keras_seq.export.inference import KerasModel

        # On the CPU, where the file will run too: a GPU multiplies in TensorFloat-32 and differs by 1e-3.
        reference = KerasModel(model, device="CPU:0")
        text_encoder.save(side)
        layout.save_labels(side, labels)
        (side / layout.CONFIG_FILE).write_text(config_text, encoding="utf-8", newline="\n")
        texts = _texts_to_check(sample_texts, text_encoder)
        scores = {}
        if format == "tflite":
            id_lists = [text_encoder.encode(text)[:length] for text in texts]
            parity, facts = _write_tflite(side, reference, id_lists, quantize, length)
            if sample_labels:
                id_lists = [text_encoder.encode(text) for text in sample_texts]
                scores = _scores(
                    side, reference, id_lists, length, lambda found: measure(found, sample_labels, labels)
                )
        else:
            parity, facts = _write_saved_model(side, reference, texts, text_encoder, labels, signatures)
        known = {
            "format": format,
            "quantize": quantize,
            "length": length,
            "labels": labels,
            "files": _sizes(side),
        }
        known["checks"] = _checks(parity, scores, quantize, len(sample_labels or ()))
        text = card({**known, **facts, **(card_facts or {})})
        (side / layout.CARD_FILE).write_text(text, encoding="utf-8", newline="\n")
        layout.seal(side)
        layout.verify(side)
        files = _sizes(side)
    seconds = time.perf_counter() - started
    return ExportReport(Path(target), format, quantize, length, files, parity, scores, seconds)


def _texts_to_check(sample_texts, text_encoder):
    """Texts from all over the samples, and generated ones of lengths that samples seldom have."""
    step = max(1, -(-len(sample_texts) // _MOST_CHECKED))
    return [*generated_texts(text_encoder.vocabulary.tokens[2:]), *sample_texts[::step]]


def _write_tflite(side, reference, id_lists, quantize, length):
    from keras_seq.export.parity import TOLERANCE, check_tflite
    from keras_seq.export.runtime import TFLiteModel
    from keras_seq.export.tflite import convert, operators

    path = side / layout.TFLITE_FILE
    path.write_bytes(convert(reference.model, quantize=quantize, length=length))
    parity = check_tflite(path, reference, id_lists, TOLERANCE if quantize == "none" else None)
    tensors = TFLiteModel(path).tensors()
    facts = {
        kind: {name: _tensor(name, *tensor) for name, tensor in tensors[kind].items()} for kind in tensors
    }
    return parity, {**facts, "operators": operators(path.read_bytes())}


def _write_saved_model(side, reference, texts, text_encoder, labels, signatures):
    from keras_seq.export.parity import check_saved_model
    from keras_seq.export.saved_model import classifier_signatures, export_saved_model

    functions, tracked = (signatures or classifier_signatures)(reference.model, text_encoder, labels)
    export_saved_model(side, functions, tracked)
    return check_saved_model(side, reference, texts, text_encoder, labels), {"inputs": _signatures(functions)}


def _scores(side, reference, id_lists, length, measure):
    """The metrics of the Keras model on whole texts, and of the file on what it takes of them."""
    from keras_seq.export.runtime import TFLiteModel

    exported = TFLiteModel(side / layout.TFLITE_FILE)
    after = exported.predict([ids[:length] for ids in id_lists])
    return {"before": measure(reference.predict(id_lists)), "after": measure(after)}


def _checks(parity, scores, quantize, labelled):
    """What was checked, in words for the card."""
    differences = ", ".join(f"{name} {difference:.1e}" for name, difference in parity.differences.items())
    lines = [f"{parity.texts} texts in {parity.calls} calls; largest difference from Keras: {differences}"]
    if quantize != "none" and parity.agreement is not None:
        lines.append(f"the same label as the Keras model for {parity.agreement:.2%} of these texts")
    for metric, before in scores.get("before", {}).items():
        after = scores["after"][metric]
        lines.append(f"{metric} on {labelled:,} labelled texts: {before:.4f} in Keras, {after:.4f} exported")
    return lines


def _tensor(name, dtype, shape):
    return f"{dtype} {_shape(shape)}" + (f": {_MEANINGS[name]}" if name in _MEANINGS else "")


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
