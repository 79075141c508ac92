"""Eager, in graphs of unknown sizes, compiled by XLA, on JAX: the same answers."""

import numpy as np
import pytest

from keras_seq.decoding import Decoded
from tests.decoding.toys import END, LONGEST, listed
from tests.decoding.ways import EVERY_WAY, LIMITS, ROWS, TABLE
from tests.fresh_process import fresh_process

tf = pytest.importorskip("tensorflow")


def drawn_by_chance(decoded):
    """Whether samples are as likely as they say; the random numbers of XLA and JAX are others."""
    assert len({tokens for hypotheses in listed(decoded) for _, tokens in hypotheses}) > 3
    for row, limit, hypotheses in zip(ROWS, LIMITS, listed(decoded), strict=True):
        for score, tokens in hypotheses:
            ending = (END,) if len(tokens) < limit else ()
            assert score == pytest.approx(TABLE.log_prob(row, (*tokens, *ending)), rel=1e-5)


every_way = pytest.mark.parametrize("way", EVERY_WAY)


def same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@every_way
def test_a_graph_takes_any_batch_and_any_length(way):
    decode = EVERY_WAY[way]
    unknown = [tf.TensorSpec(shape, tf.int32) for shape in ((None,), (None,), ())]
    graph = tf.function(decode, input_signature=unknown)
    for count, length in ((4, LONGEST), (1, 3), (4, 1)):
        found = graph(tf.constant(ROWS[:count]), tf.constant(LIMITS[:count]), tf.constant(length))
        assert found.token_ids.shape[-1] == length
        same(found, decode(ROWS[:count], LIMITS[:count], length))


@pytest.mark.parametrize("max_length", [1, LONGEST])
def test_a_row_finds_the_same_in_a_batch_that_the_others_leave(max_length):
    """Rows of every limit, some over before they begin; a graph of unknown batch narrows it."""
    random = np.random.default_rng(3)
    rows = random.integers(0, TABLE.batch, 40).astype("int32")
    limits = random.integers(0, max_length + 1, 40).astype("int32")
    unknown = [tf.TensorSpec(shape, tf.int32) for shape in ((None,), (None,), ())]
    graph = tf.function(EVERY_WAY["beam"], input_signature=unknown)
    found = graph(tf.constant(rows), tf.constant(limits), tf.constant(max_length))
    same(found, EVERY_WAY["beam"](rows, limits, max_length))


@every_way
def test_xla_compiles_it(way):
    decode = EVERY_WAY[way]
    found = tf.function(decode, jit_compile=True)(tf.constant(ROWS), tf.constant(LIMITS))
    drawn_by_chance(found) if way == "chance" else same(found, decode(ROWS, LIMITS))


@every_way
def test_a_graph_may_know_more_of_the_cache_than_of_the_batch(way):
    """And the other way round: `tf.while_loop` wants every tensor to keep the shape that is known of it."""
    decode = EVERY_WAY[way]

    @tf.function(input_signature=[tf.TensorSpec((4,), tf.int32), tf.TensorSpec((None,), tf.int32)])
    def more_of_one(rows, limits):
        return decode(rows, limits)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32), tf.TensorSpec((4,), tf.int32)])
    def more_of_other(rows, limits):
        return decode(rows, limits)

    for graph in (more_of_one, more_of_other):
        same(graph(tf.constant(ROWS), tf.constant(LIMITS)), decode(ROWS, LIMITS))


@every_way
def test_a_graph_stops_when_all_rows_are_finished(way, monkeypatch):
    steps, step = tf.Variable(0), TABLE.step

    def counting(token_ids, cache, t):
        steps.assign_add(1)
        return step(token_ids, cache, t)

    monkeypatch.setattr(TABLE, "step", counting)
    graph = tf.function(EVERY_WAY[way])
    graph(tf.constant(ROWS), tf.constant([2, 0, 1, 2]))
    assert steps.numpy() == 2 < LONGEST


_ON_JAX = """
import sys
import jax
import numpy as np
import keras
from tests.decoding.ways import EVERY_WAY, LIMITS, ROWS
from tests.fresh_process import fresh_process
assert keras.backend.backend() == "jax"
found = {}
for way, decode in EVERY_WAY.items():
    for name, value in jax.jit(decode)(ROWS, LIMITS)._asdict().items():
        found[f"{way} {name}"] = np.asarray(value)
np.savez(sys.argv[1], **found)
"""


def test_jax_answers_as_tensorflow_does(tmp_path):
    file = str(tmp_path / "found.npz")
    fresh_process(_ON_JAX, file, backend="jax")
    with np.load(file) as found:
        for way in ("greedy", "beam"):
            for name, value in EVERY_WAY[way](ROWS, LIMITS)._asdict().items():
                np.testing.assert_allclose(found[f"{way} {name}"], value, rtol=1e-5)
        drawn_by_chance(Decoded(*(found[f"chance {name}"] for name in Decoded._fields)))
