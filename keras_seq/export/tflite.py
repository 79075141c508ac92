"""A model as a `.tflite` file of builtin operators, for LiteRT on phones, in Python and in browsers."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from keras_seq.errors import InputError
from keras_seq.export.errors import ExportError
from keras_seq.export.options import check_options
from keras_seq.export.saved_model import export_saved_model
from keras_seq.export.stderr import native_messages_dropped
from keras_seq.ops.exporting import for_export

__all__ = ["convert", "operators"]

_BUILTIN_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def convert(signatures: Mapping[str, Callable], tracked: Iterable[object], quantize: str = "none") -> bytes:
    """Converts functions; each becomes a signature of the file, and they share their weights.

    Args:
        signatures: name -> a `tf.function` with an input signature, not traced yet, that returns a dict of
            tensors; see `keras_seq.export.plan.token_id_signatures`.
        tracked: all that they use, as `export_saved_model` takes it.
        quantize: `"none"` float32; `"float16"` weights in half the size; `"int8"` weights in a quarter of it
            ("dynamic range": products in int8 with sums in int32, states and everything else in float32).

    Raises:
        InputError: an unknown quantisation, no room for temporary files.
        ExportError: the model needs an operator that is not among LiteRT's builtins, or cannot be converted.
    """
    check_options("tflite", quantize)
    # By way of a SavedModel of bare variables, without gradients: given the Keras model, the converter leaves
    # variables unread and the interpreter fails.
    with tempfile.TemporaryDirectory() as folder:
        try:
            with for_export():
                export_saved_model(folder, signatures, tracked)
        except OSError as error:
            raise InputError(
                f"The folder for temporary files cannot be written: {error.strerror}."
            ) from error
        return _converted(folder, list(signatures), quantize)


def operators(content: bytes) -> Counter:
    """How often each operator stands in a `.tflite` file; custom ones (TensorFlow's too) as `CUSTOM:name`."""
    model = schema.Model.GetRootAs(content, 0)
    names = []
    for index in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(index)
        builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # the old field holds one byte
        name = _BUILTIN_NAMES.get(builtin, f"CUSTOM:operator {builtin}")
        names.append(f"CUSTOM:{(code.CustomCode() or b'?').decode()}" if name == "CUSTOM" else name)
    counts = Counter()
    for graph in (model.Subgraphs(index) for index in range(model.SubgraphsLength())):
        counts.update(names[graph.Operators(index).OpcodeIndex()] for index in range(graph.OperatorsLength()))
    return counts


def _converted(folder, signatures, quantize):
    # Named: each signature brings a graph of its own, also one that was not meant.
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=signatures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantize != "none":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    try:
        with native_messages_dropped():
            content = converter.convert()
    except Exception as error:  # the converter's own class is not public
        raise _explained(error) from error
    _refuse_custom_operators(content)
    return content


def _refuse_custom_operators(content):
    custom = sorted(name.removeprefix("CUSTOM:") for name in operators(content) if name.startswith("CUSTOM:"))
    if custom:
        raise ExportError(_needs(custom))


def _needs(names):
    return (
        f"The model cannot become a .tflite file; it needs operators LiteRT has not: {', '.join(names)}.\n"
        "Replace the layer that makes them, or export with format='saved_model'."
    )


def _explained(error):
    text = str(error)
    names = re.findall(r"'tf\.(\w+)' op is neither a custom op nor a flex op", text)
    names += re.findall(r"'tf\.(\w+)' op requires", text)
    if names:
        return ExportError(_needs(sorted(set(names))))
    return ExportError(f"The model cannot become a .tflite file. The converter says:\n{text.strip()[:300]}")
