"""Dot-product attention in blocks: the numbers and gradients of two products and a masked softmax."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.ops import dot_attention as module
from keras_seq.ops import masking
from keras_seq.ops.dot_attention import dot_attention, is_worth_it

tf = pytest.importorskip("tensorflow")

SIZES = [(2, 7, 5), (1, 2, 9), (3, 11, 1)]  # B, T, S


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 5 weights, 20 on the way back, so that most sizes take several and leave a rest."""
    monkeypatch.setattr(module, "_BLOCK", 5)


def plain(query, key, value, query_mask=None, key_mask=None, is_causal=False):
    causal = np.tri(query.shape[1], key.shape[1], dtype="bool") if is_causal else None
    keep = masking.attention_mask(query_mask, None, key_mask, causal)
    weights = masking.masked_softmax(ops.matmul(query, ops.swapaxes(key, 1, 2)), keep)
    return ops.matmul(ops.cast(weights, value.dtype), value)


def with_gradients(function, **masks):
    def context_and_gradients(query, key, value, pull):
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            context = function(query, key, value, **masks)
            pulled = tf.reduce_sum(context * pull)
        return context, *tape.gradient(pulled, (query, key, value), unconnected_gradients="zero")

    return context_and_gradients


def tensors(random, batch, queries, keys, dtype="float64"):
    shapes = (batch, queries, 4), (batch, keys, 4), (batch, keys, 6), (batch, queries, 6)
    return [tf.cast(random.normal(size=shape), dtype) for shape in shapes]


def masks_of(random, kind, batch, queries, keys):
    query_mask, key_mask = random.random((batch, queries)) < 0.7, random.random((batch, keys)) < 0.7
    key_mask[0] = False  # a row with nothing to attend to
    return {
        "no mask": {},
        "key mask": {"key_mask": key_mask},
        "all masks": {"query_mask": query_mask, "key_mask": key_mask, "is_causal": True},
    }[kind]


@pytest.mark.parametrize("kind", ["no mask", "key mask", "all masks"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_blocks_give_what_all_pairs_give_and_the_same_gradients(random, sizes, kind):
    given, masks = tensors(random, *sizes), masks_of(random, kind, *sizes)
    expected = with_gradients(plain, **masks)(*given)
    blocks = with_gradients(dot_attention, **masks)
    signature = [tf.TensorSpec((None, None, width), tf.float64) for width in (4, 4, 6, 6)]
    ways = {"eager": blocks, "graph": tf.function(blocks), "unknown sizes": tf.function(blocks, signature)}
    if sizes == SIZES[0]:
        ways["XLA"] = tf.function(blocks, jit_compile=True)
        ways["unknown sizes under XLA"] = tf.function(blocks, signature, jit_compile=True)
    for way, function in ways.items():
        for found, right in zip(function(*given), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=0, atol=1e-12, err_msg=way)


def test_what_stands_on_padding_leaves_no_trace(random):
    query, key, value, pull = (each.numpy() for each in tensors(random, 2, 7, 5, "float32"))
    masks = masks_of(random, "all masks", 2, 7, 5)
    before = with_gradients(dot_attention, **masks)(*map(tf.constant, (query, key, value, pull)))
    query[~masks["query_mask"]] = key[~masks["key_mask"]] = value[~masks["key_mask"]] = 1e18
    after = with_gradients(dot_attention, **masks)(*map(tf.constant, (query, key, value, pull)))
    for found, right in zip(after, before, strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-6)
    _, by_query, by_key, by_value = after
    assert not by_query.numpy()[~masks["query_mask"]].any()
    assert not by_key.numpy()[~masks["key_mask"]].any() and not by_value.numpy()[~masks["key_mask"]].any()


@pytest.mark.parametrize("dtype, tolerance", [("float16", 1e-2), ("bfloat16", 1e-1)])
def test_half_precision_keeps_its_dtype_and_overflows_to_no_nan(random, dtype, tolerance):
    given = tensors(random, 2, 7, 5, dtype)
    expected = with_gradients(plain)(*(tf.cast(each, "float64") for each in given))
    for found, right in zip(with_gradients(dot_attention)(*given), expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(tf.cast(found, "float64"), right, rtol=tolerance, atol=tolerance)
    context = dot_attention(*(200.0 * each for each in given[:3]))
    assert np.isfinite(tf.cast(context, "float32")).all()


def test_it_is_worth_it_where_there_are_known_to_be_many_weights(monkeypatch):
    def sized(*shape):
        return keras.KerasTensor((*shape, 4))

    assert is_worth_it(sized(1, 3), sized(1, 7))
    assert is_worth_it(sized(None, 2), sized(None, 2))
    assert not is_worth_it(sized(1, 4), sized(1, 5))
    assert not is_worth_it(sized(90, 1), sized(90, 7)), "one query holds no more weights than keys"
    assert not is_worth_it(sized(1, None), sized(1, 7))
    monkeypatch.setattr(module, "_KEPT", 24)
    assert is_worth_it(sized(1, 5), sized(1, 5), training=True)
    assert not is_worth_it(sized(1, 4), sized(1, 6), training=True), "these can be kept for the way back"
