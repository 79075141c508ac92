"""The recurrence that is written out with its way back: the numbers and gradients of the general loop."""

import keras
import numpy as np
import pytest

from keras_seq.layers import (
    Attention,
    AttentionRNN,
    BahdanauCell,
    CoverageAttention,
    ElmanCell,
    LuongCell,
)
from keras_seq.layers.recurrent import written_out
from keras_seq.ops.exporting import for_export
from tests.fresh_process import fresh_process

# A hole, an end and a row that keeps nothing; of the memory too.
INPUTS_MASK = np.array([[True, False, True, True], [True, True, False, False], [False] * 4])
MEMORY_MASK = np.array([[True, True, False, True, False], [False] * 5, [True] * 5])
INNER = {
    "lstm": keras.layers.LSTMCell,
    "gru": keras.layers.GRUCell,
    "simple": keras.layers.SimpleRNNCell,
}
OUTER = {
    "luong": lambda cell, attention: LuongCell(cell, attention, units=7),
    "unfed": lambda cell, attention: LuongCell(cell, attention, input_feeding=False),
    "bahdanau": lambda cell, attention: BahdanauCell(cell, attention, output_context=True),
}


def layer_of(outer, inner, attention="additive", **settings):
    layer = AttentionRNN(OUTER[outer](INNER[inner](6), attention), return_state=True, **settings)
    layer.build((None, None, 3), (None, None, 6))
    random = np.random.default_rng(3)
    for weight in layer.trainable_weights:
        weight.assign(0.7 * random.normal(size=weight.shape))
    return layer


@pytest.fixture
def call(random):
    """Everything that can be given, but for the masks; with states of all kinds."""
    sizes = {"inputs": (3, 4, 3), "memory": (3, 5, 6)}
    given = {name: random.normal(size=size).astype("float32") for name, size in sizes.items()}
    return {**given, "states": [random.normal(size=(3, size)).astype("float32") for size in (6, 6, 7)]}


MASKS = {"inputs_mask": INPUTS_MASK, "memory_mask": MEMORY_MASK}


def states_for(layer, states):
    """As many as it has, all of them, of the right widths."""
    widths = layer.cell.state_widths(5)
    return [*states[: len(widths) - 1], states[-1] if widths[-1] == 7 else states[len(widths) - 1]]


def results_and_gradients(layer, call, masks, wrap=lambda function: function):
    """Outputs, states, weights; and the gradients of a sum over all of them, by all that goes in: flat."""
    import tensorflow as tf

    def gradients(inputs, memory, states):
        with tf.GradientTape() as tape:
            keras.tree.map_structure(tape.watch, [inputs, memory, states])
            results = layer(
                inputs, memory, **masks, initial_state=states, return_attention_scores=True, training=True
            )
            total = sum(tf.reduce_sum(each * pull(each)) for each in results)
        return [*results, *tape.gradient(total, [inputs, memory, *states, *layer.trainable_weights])]

    def pull(tensor):  # numbers that are all different
        return tf.reshape(tf.sin(tf.range(tf.size(tensor), delta=1.0, dtype="float32")), tf.shape(tensor))

    states = [tf.constant(each) for each in states_for(layer, call["states"])]
    return wrap(gradients)(tf.constant(call["inputs"]), tf.constant(call["memory"]), states)


def general(monkeypatch):
    """From here on every cell goes through the general loop."""
    monkeypatch.setattr(written_out, "is_written_out", lambda cell: False)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=2e-4)
    assert sum(np.any(np.array(each)) for each in found) > 0.8 * len(found), "most gradients are no zeros"


SCORES = ["additive", "concat", "general", "dot", "scaled_dot"]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", OUTER)
def test_all_numbers_and_gradients_are_those_of_the_general_loop(outer, inner, score, call, monkeypatch):
    layer = layer_of(outer, inner, score)
    assert written_out.is_written_out(layer.cell)
    found = results_and_gradients(layer, call, MASKS)
    general(monkeypatch)
    assert_same(found, results_and_gradients(layer, call, MASKS))


@pytest.mark.parametrize("outer", OUTER)
def test_also_without_masks_and_for_a_single_step(outer, call, monkeypatch):
    layer = layer_of(outer, "lstm")
    short = {**call, "inputs": call["inputs"][:, :1]}
    found = [*results_and_gradients(layer, call, {}), *results_and_gradients(layer, short, {})]
    general(monkeypatch)
    assert_same(found, [*results_and_gradients(layer, call, {}), *results_and_gradients(layer, short, {})])


def test_dropout_of_the_attention_drops_the_same(call, monkeypatch):
    layers = [layer_of("luong", "gru", Attention("additive", dropout=0.5, seed=4)) for _ in range(2)]
    found = results_and_gradients(layers[0], call, MASKS)
    assert not np.allclose(found[0], layers[0](call["inputs"], call["memory"], **MASKS)[0], atol=1e-3)
    general(monkeypatch)
    assert_same(found, results_and_gradients(layers[1], call, MASKS))


@pytest.mark.parametrize("compiled", ["open lengths", "xla"])
@pytest.mark.parametrize("outer", OUTER)
def test_also_in_graphs(outer, compiled, call, monkeypatch):
    import tensorflow as tf

    layer = layer_of(outer, "gru")
    opened = [tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None, 6))]
    opened.append([tf.TensorSpec((None, each.shape[1])) for each in states_for(layer, call["states"])])
    wrap = {
        "open lengths": lambda function: tf.function(function, input_signature=opened),
        "xla": lambda function: tf.function(function, jit_compile=True),
    }[compiled]
    found = results_and_gradients(layer, call, MASKS, wrap)
    general(monkeypatch)
    assert_same(found, results_and_gradients(layer, call, MASKS))


_ON_JAX = """
import sys
import jax
import keras
import numpy as np
from keras_seq.layers.recurrent import written_out
from tests.layers.recurrent.test_written_out import MASKS, layer_of, states_for

call = dict(np.load(sys.stdin.buffer))
call["states"] = [call.pop(name) for name in ("h", "c", "answer")]

@jax.jit
def gradients(weights, others, inputs, memory, states):
    def total(weights, inputs, memory, states):
        results, _ = layer.stateless_call(
            weights, others, inputs, memory, **MASKS, initial_state=states, return_attention_scores=True
        )
        pulls = (jax.numpy.sin(jax.numpy.arange(each.size)).reshape(each.shape) for each in results)
        return sum((each * pull).sum() for each, pull in zip(results, pulls))
    return jax.value_and_grad(total, argnums=(0, 1, 2, 3))(weights, inputs, memory, states)

is_written_out = written_out.is_written_out
for outer in ("luong", "bahdanau"):
    layer = layer_of(outer, "gru")
    weights, others = layer.trainable_variables, layer.non_trainable_variables
    weights, others = [each.value for each in weights], [each.value for each in others]
    given = [weights, others, call["inputs"], call["memory"], states_for(layer, call["states"])]
    found = []
    for chosen in (is_written_out, lambda cell: False):
        written_out.is_written_out = chosen
        jax.clear_caches()
        found.append(keras.tree.flatten(gradients(*given)))
    assert is_written_out(layer.cell) and len(found[0]) >= 10
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=2e-4)
print("the same")
"""


def test_also_on_jax(call, tmp_path):
    numbers = tmp_path / "call.npz"
    h, c, answer = call["states"]
    np.savez(numbers, inputs=call["inputs"], memory=call["memory"], h=h, c=c, answer=answer)
    with numbers.open("rb") as stdin:
        assert fresh_process(_ON_JAX, backend="jax", stdin=stdin) == "the same\n"


def gru(**settings):
    return keras.layers.GRUCell(6, **settings)


GENERAL = {
    "cell of our own": lambda: [ElmanCell(6)],
    "stacked cells": lambda: [keras.layers.StackedRNNCells([gru(), gru()])],
    "dropout": lambda: [gru(dropout=0.1)],
    "recurrent dropout": lambda: [gru(recurrent_dropout=0.1)],
    "reset before": lambda: [gru(reset_after=False)],
    "no bias": lambda: [gru(use_bias=False)],
    "activation": lambda: [gru(activation="relu")],
    "recurrent activation": lambda: [gru(recurrent_activation="hard_sigmoid")],
    "half precision": lambda: [gru(dtype="mixed_bfloat16"), Attention("dot", dtype="mixed_bfloat16")],
    "score": lambda: [gru(), "cosine"],
    "normalizer": lambda: [gru(), Attention("general", normalizer="sparsemax")],
    "scope": lambda: [gru(), Attention("general", scope="local_p")],
    "selection": lambda: [gru(), Attention("general", selection="hard")],
    "coverage": lambda: [gru(), CoverageAttention()],
}


@pytest.mark.parametrize("case", GENERAL)
def test_what_is_not_written_out_goes_through_the_general_loop(case):
    parts = GENERAL[case]()
    dtype = "mixed_bfloat16" if case == "half precision" else "float32"
    assert written_out.is_written_out(BahdanauCell(gru()))
    assert not written_out.is_written_out(BahdanauCell(*parts, dtype=dtype))


def test_a_derived_cell_may_step_in_its_own_way():
    derived = type("Derived", (BahdanauCell,), {})
    assert not written_out.is_written_out(derived(gru()))


@pytest.mark.parametrize("way", ["loop", "unrolled", "for export"])
def test_the_layer_takes_it_but_unrolled_and_for_export(way, call, monkeypatch):
    runs, run = [], written_out.run
    monkeypatch.setattr(written_out, "run", lambda *given: runs.append(given) or run(*given))
    layer = layer_of("luong", "gru", unroll=way == "unrolled")
    if way == "for export":
        with for_export():
            layer(call["inputs"], call["memory"])
    else:
        layer(call["inputs"], call["memory"])
    assert len(runs) == (way == "loop")


def test_on_the_way_back_no_weight_gradient_is_a_product_in_the_loop(call):
    """In the loops stand the products of a step; those of all steps stand once, before and behind them."""
    import tensorflow as tf

    layer = layer_of("luong", "gru")

    @tf.function(input_signature=[tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None, 6))])
    def gradients(inputs, memory):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(inputs, memory)[0])
        return tape.gradient(total, layer.trainable_weights)

    graph = gradients.get_concrete_function().graph
    bodies = [
        graph._get_function(node.get_attr("body").name).graph
        for node in graph.get_operations()
        if node.type in ("While", "StatelessWhile")
    ]
    kernels = [weight for weight in layer.trainable_weights if "kernel" in weight.name]
    shapes = {tuple(kernel.shape) for kernel in kernels}

    def made(graph):
        return {
            tuple(node.outputs[0].shape)
            for node in graph.get_operations()
            if "MatMul" in node.type and node.outputs[0].shape.is_fully_defined()
        }

    assert len(kernels) == 5 and len(bodies) >= 2
    assert shapes <= made(graph)
    assert not any(shapes & made(body) for body in bodies)
