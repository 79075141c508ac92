"""Greedy and beam search inside one `.tflite` file of builtin operators."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import ops

from keras_seq.decoding import beam_search, greedy
from keras_seq.export.stderr import native_messages_dropped
from keras_seq.ops.exporting import for_export

tf = pytest.importorskip("tensorflow")

V, U, K, L, END = 30, 6, 4, 9, 2
RANDOM = np.random.default_rng(7)
SHAPES = {"words": (V, U), "kernel": (U, 3 * U), "recurrent": (U, 3 * U), "logits": (U, V)}
WEIGHTS = {name: RANDOM.normal(0, 0.6, shape).astype("float32") for name, shape in SHAPES.items()}


def gated(state, words):
    """A step of a GRU."""
    z, r, n = ops.split(ops.matmul(words, WEIGHTS["kernel"]), 3, axis=-1)
    h_z, h_r, h_n = ops.split(ops.matmul(state, WEIGHTS["recurrent"]), 3, axis=-1)
    z, n = ops.sigmoid(z + h_z), ops.tanh(n + ops.sigmoid(r + h_r) * h_n)
    return n + z * (state - n)


def step(token_ids, cache, t):
    state = gated(cache["state"], ops.take(WEIGHTS["words"], token_ids, axis=0))
    scores = ops.sum(cache["words"] * ops.expand_dims(state, 1), axis=-1)  # (N, S)
    log_probs = ops.log_softmax(ops.matmul(state, 3 * WEIGHTS["logits"]))
    return log_probs, ops.softmax(ops.where(cache["keep"] > 0, scores, -1e9)), {**cache, "state": state}


def decode(source_ids):
    """All that LiteRT can do, of sources `(B, S)`."""
    keep = source_ids > 0
    words = ops.take(WEIGHTS["words"], source_ids, axis=0)  # (B, S, U)
    state = ops.tanh(ops.sum(words * ops.cast(ops.expand_dims(keep, -1), "float32"), axis=1))
    memory = {"state": state, "words": words, "keep": ops.cast(keep, "int32")}
    limits = ops.sum(memory["keep"], axis=1) + 2
    arguments = {"max_length": L, "start_id": END, "end_id": END, "limits": limits}
    arguments["source_length"] = ops.shape(source_ids)[1]
    batch = ops.shape(source_ids)[0]
    covering = {"length_penalty": 0.8, "coverage_penalty": 0.1, "value_mask": keep}
    ways = {
        "greedy": greedy(step, memory, batch, **arguments),
        "beam": beam_search(step, memory, batch, beam_width=K, n_best=3, **arguments),
        "covering": beam_search(step, memory, batch, beam_width=K, **covering, **arguments),
    }
    return {f"{way}_{name}": each for way, found in ways.items() for name, each in found._asdict().items()}


def converted(shape):
    signature = [tf.TensorSpec(shape, tf.int32, name="source_ids")]
    with for_export():
        function = tf.function(decode, input_signature=signature).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    with native_messages_dropped():
        interpreter = Interpreter(model_content=converter.convert())
        interpreter.allocate_tensors()
        return interpreter.get_signature_runner()


def test_it_decodes_in_lite_as_in_keras(random):
    lite, lengths = converted((None, None)), set()
    for batch, length in ((1, 2), (2, 7), (5, 12)):
        source_ids = random.integers(1, V, size=(batch, length)).astype("int32")
        source_ids[-1, (length + 1) // 2 :] = 0
        found, expected = lite(source_ids=source_ids), decode(source_ids)
        assert set(found) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-4, err_msg=name)
        lengths |= set(found["beam_lengths"].ravel().tolist())
    assert len(lengths) > 3  # of hypotheses that end early and late
