import keras
import numpy as np
from keras import ops

from keras_seq.testing.case import Case, is_float, to_numpy
from keras_seq.testing.derivatives import pulled
from keras_seq.testing.differences import expect_close


def compilation(case: Case) -> None:
    """Eager = graph with open batch and lengths = compiled by XLA (`jit_compile`), with gradients."""
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise NotImplementedError("The law of compilation needs the TensorFlow backend")
    layer = case.new()
    arguments = case.arguments(layer)
    eager = case.run(layer)
    random = np.random.default_rng(3)
    pulls = [random.normal(size=output.shape) for output in eager]
    numbers = [name for name, array in arguments.items() if is_float(array)]

    def outputs(given):
        return case.call(layer, given)

    def outputs_and_gradients(given):
        with tf.GradientTape() as tape:
            tape.watch([given[name] for name in numbers])
            results = case.call(layer, given)
            total = pulled(results, pulls, layer.variable_dtype)
        sources = {
            "inputs": [given[name] for name in numbers],
            "weights": [weight.value for weight in layer.trainable_weights],
        }
        found = tape.gradient(total, sources, unconnected_gradients="zero")
        return [*results, *(tf.convert_to_tensor(each) for each in keras.tree.flatten(found))]

    open_arguments = {
        name: tf.TensorSpec(case.open_shape(name, array), array.dtype) for name, array in arguments.items()
    }
    tensors = {name: ops.convert_to_tensor(array) for name, array in arguments.items()}
    # Without AutoGraph, as `fit` traces a layer: nothing rewrites an `if` on a tensor there.
    graph = tf.function(outputs, input_signature=[open_arguments], autograph=False)(tensors)
    expect_close(to_numpy(graph), eager, "in a graph with open lengths, against eager", case.tolerance)

    wanted = to_numpy(outputs_and_gradients(tensors))
    compiled = to_numpy(tf.function(outputs_and_gradients, jit_compile=True, autograph=False)(tensors))
    first = len(eager)
    expect_close(compiled[:first], wanted[:first], "compiled by XLA, against eager", case.tolerance)
    expect_close(
        compiled[first:], wanted[first:], "gradients compiled by XLA, against eager", 10 * case.tolerance
    )
