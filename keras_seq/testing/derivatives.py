"""Gradients of a case, for the laws that speak of them; on the TensorFlow backend."""

import keras
import numpy as np
from keras import ops

from keras_seq.testing.case import Arrays, Case, is_float


def derivatives(
    case: Case, layer, pulls: list[np.ndarray], inputs: Arrays | None = None, masks: Arrays | None = None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Gradients of Σ output · pull, over all outputs that are numbers.

    Args:
        case: what is called.
        layer: a layer of it.
        pulls: an array of the shape of each output.
        inputs: other inputs than the case's.
        masks: other masks than the case's.

    Returns:
        Gradients by input name (floats only) and by trainable weight's path, zeros where nothing flows.
    """
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise NotImplementedError("Laws about gradients need the TensorFlow backend")
    width = keras.backend.standardize_dtype(layer.variable_dtype)
    arguments = {
        name: tf.constant(array, width) if is_float(array) else tf.constant(array)
        for name, array in case.arguments(layer, inputs, masks).items()
    }
    sources = {name: tensor for name, tensor in arguments.items() if tensor.dtype.is_floating}
    weights = {weight.path: weight.value for weight in layer.trainable_weights}
    with tf.GradientTape() as tape:
        tape.watch(list(sources.values()))
        total = pulled(case.call(layer, arguments), pulls, width)
    found = tape.gradient(total, {"inputs": sources, "weights": weights}, unconnected_gradients="zero")
    dense = keras.tree.map_structure(lambda each: ops.convert_to_numpy(tf.convert_to_tensor(each)), found)
    return dense["inputs"], dense["weights"]


def pulled(outputs, pulls, dtype):
    """Σ output · pull in `dtype`, over all outputs that are numbers."""
    total = ops.zeros((), dtype)
    for output, pull in zip(outputs, pulls, strict=True):
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(output.dtype)):
            total = total + ops.sum(ops.cast(output, dtype) * ops.convert_to_tensor(pull, dtype))
    return total
