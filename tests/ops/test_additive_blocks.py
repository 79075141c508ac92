"""The additive score in blocks: the plain formula's numbers and gradients, whatever the sizes."""

import numpy as np
import pytest
from keras import ops

from keras_seq.ops import additive_blocks
from keras_seq.ops.exporting import for_export

tf = pytest.importorskip("tensorflow")

SIZES = [(2, 7, 5, 3), (1, 2, 9, 4), (3, 11, 1, 2)]  # B, T, S, U


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 12 hidden units, so that nothing is computed at once and blocks leave a rest."""
    monkeypatch.setattr(additive_blocks, "_BLOCK", 12)


def plain(query, key, v):
    return ops.sum(v * ops.tanh(query[:, :, None] + key[:, None]), axis=-1)


def tensors(random, sizes, dtype="float64"):
    """query, key, v, and what pulls at the scores."""
    batch, queries, keys, units = sizes
    shapes = (batch, queries, units), (batch, keys, units), (units,), (batch, queries, keys)
    return [tf.cast(random.normal(size=shape), dtype) for shape in shapes]


def with_gradients(function):
    def scores_and_gradients(query, key, v, pull):
        with tf.GradientTape() as tape:
            tape.watch((query, key, v))
            scores = function(query, key, v)
            pulled = tf.reduce_sum(scores * pull)
        return scores, *tape.gradient(pulled, (query, key, v))

    return scores_and_gradients


def graph_of_unknown_sizes(function, units, jit_compile):
    sequence, pairs = tf.TensorSpec((None, None, units), tf.float64), tf.TensorSpec((None,) * 3, tf.float64)
    signature = [sequence, sequence, tf.TensorSpec((units,), tf.float64), pairs]
    return tf.function(function, signature, jit_compile=jit_compile)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_blocks_give_the_plain_formula_and_its_gradients(random, small_blocks, sizes):
    given = tensors(random, sizes)
    expected = with_gradients(plain)(*given)
    blocks = with_gradients(additive_blocks.additive)
    ways = {
        "eager": blocks,
        "graph": tf.function(blocks),
        "unknown sizes": graph_of_unknown_sizes(blocks, sizes[-1], jit_compile=False),
    }
    if sizes == SIZES[0]:
        ways["XLA"] = tf.function(blocks, jit_compile=True)
        ways["unknown sizes under XLA"] = graph_of_unknown_sizes(blocks, sizes[-1], jit_compile=True)
    for way, function in ways.items():
        for found, right in zip(function(*given), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=0, atol=1e-12, err_msg=way)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float16", 2e-2), ("bfloat16", 1e-1)])
def test_blocks_keep_the_dtype(random, small_blocks, dtype, tolerance):
    given = tensors(random, (2, 7, 5, 3), dtype)
    expected = with_gradients(plain)(*(tf.cast(each, "float64") for each in given))
    for found, right in zip(with_gradients(additive_blocks.additive)(*given), expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(tf.cast(found, "float64"), right, rtol=tolerance, atol=tolerance)


def test_no_more_than_a_block_of_the_hidden_layer_is_held_at_once(random, small_blocks, monkeypatch):
    hidden, sizes = additive_blocks._hidden, []

    def measured(query, key):
        result = hidden(query, key)
        sizes.append(int(np.prod(result.shape)))
        return result

    monkeypatch.setattr(additive_blocks, "_hidden", measured)
    with_gradients(additive_blocks.additive)(*tensors(random, (1, 6, 5, 2)))
    assert max(sizes) == 12, "one query of five keys of two units, or one key of six queries"
    assert sum(sizes) >= 3 * 6 * 5 * 2, "forward, by the queries and by the keys"


def test_one_query_few_units_and_an_export_are_computed_at_once(random, monkeypatch):
    monkeypatch.delattr(additive_blocks, "_in_blocks")
    query, key, v, _ = tensors(random, (2, 7, 5, 3))
    additive_blocks.additive(query, key, v)
    monkeypatch.setattr(additive_blocks, "_BLOCK", 12)
    additive_blocks.additive(query[:, :1], key, v)
    with for_export():
        additive_blocks.additive(query, key, v)
    with pytest.raises(NameError):
        additive_blocks.additive(query, key, v)
