"""The ways that nobody sees give what all pairs give: for every score, normalizer and local scope."""

import functools

import keras
import numpy as np
import pytest

from keras_seq.layers import Attention, MultiHeadAttention, recording
from keras_seq.layers.attention import ways
from keras_seq.layers.attention.scopes import LocalMonotonicScope, LocalPredictiveScope, WindowedScope
from keras_seq.ops import dot_attention, windows
from keras_seq.testing import LAWS, Case, check_law

tf = pytest.importorskip("tensorflow")

SCORES = ["additive", "concat", "cosine", "dot", "general", "scaled_dot"]
SCOPES = {
    "windowed": functools.partial(WindowedScope, 2, 1),
    "local_m": functools.partial(LocalMonotonicScope, 2),
    "local_p": functools.partial(LocalPredictiveScope, 2),
}
LENGTHS = [(11, 11), (7, 13), (12, 9)]


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Chunks as short as the window, so that short sequences fold into several."""
    monkeypatch.setattr(windows, "_CHUNK", 1)


def tensors(random, query_length, key_length):
    """query, value and key of one width, and masks with padding, gaps, and an empty row."""
    shapes = {"query": (3, query_length, 4), "value": (3, key_length, 5), "key": (3, key_length, 4)}
    arrays = {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    query_mask, key_mask = random.random((3, query_length)) < 0.7, random.random((3, key_length)) < 0.7
    value_mask = np.arange(key_length) < np.array([key_length, key_length - 4, 0])[:, None]
    return arrays | {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask}


def context_and_gradients(layer, given, **options):
    """Context, and the gradients of its weighted sum by query, value, key and weights."""
    given = {name: tf.convert_to_tensor(array) for name, array in given.items()}
    floats = [given[name] for name in ("query", "value", "key")]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        context = layer(**given, **options)
        context = context[0] if isinstance(context, tuple) else context
        pulled = tf.reduce_sum(context * tf.cos(tf.cast(tf.range(tf.size(context)), "float32") + 1.0)[0])
        pulled += tf.reduce_sum(context**2)
    wanted = [*floats, *(weight.value for weight in layer.trainable_weights)]
    return context, *tape.gradient(pulled, wanted, unconnected_gradients="zero")


def counted(monkeypatch):
    """How often a folding was made."""
    made = []
    near = ways.near

    def near_and_count(*args, **kwargs):
        found = near(*args, **kwargs)
        made.append(found is not None)
        return found

    monkeypatch.setattr(ways, "near", near_and_count)
    return made


@pytest.mark.parametrize("normalizer", ["softmax", "relu", "sparsemax"])
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("scope", SCOPES)
def test_local_scopes_give_folded_what_they_give_over_all_pairs(
    random, monkeypatch, scope, score, normalizer
):
    folded = counted(monkeypatch)
    layer = Attention(score, normalizer, scope=SCOPES[scope]())
    given = tensors(random, *LENGTHS[SCORES.index(score) % 3])
    expected = context_and_gradients(layer, given, return_attention_scores=True)
    assert not folded
    found = context_and_gradients(layer, given)
    assert folded == [True]
    for ours, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-6, atol=2e-5)


@pytest.mark.parametrize("selection", ["soft", "hard"])
@pytest.mark.parametrize("scope", SCOPES)
def test_they_do_so_without_masks_for_every_selection_and_to_huge_padding(random, scope, selection):
    layer = Attention("general", scope=SCOPES[scope](), selection=selection)
    given = tensors(random, 11, 13)
    plain = {name: given[name] for name in ("query", "value", "key")}
    np.testing.assert_allclose(layer(**plain), layer(**plain, return_attention_scores=True)[0], atol=1e-6)
    before = context_and_gradients(layer, given)
    for name, mask in (("query", "query_mask"), ("value", "value_mask"), ("key", "key_mask")):
        given[name][~given[mask]] = 1e18
    after = context_and_gradients(layer, given)
    for ours, right in zip(after, before, strict=True):
        np.testing.assert_allclose(ours, right, rtol=0, atol=1e-5)


@pytest.mark.parametrize("scope", SCOPES)
def test_graphs_of_unknown_lengths_fold_too_and_compile(random, monkeypatch, scope):
    folded = counted(monkeypatch)
    layer = Attention("scaled_dot", scope=SCOPES[scope]())
    given = tensors(random, 11, 13)
    expected = context_and_gradients(layer, given, return_attention_scores=True)
    names = list(given)
    signature = [
        tf.TensorSpec((None, None, *given[name].shape[2:]), tf.as_dtype(given[name].dtype)) for name in names
    ]
    for jit_compile in (False, True):
        function = tf.function(
            lambda *tensors: context_and_gradients(layer, dict(zip(names, tensors, strict=True))),
            signature,
            jit_compile=jit_compile,
        )
        for ours, right in zip(function(*given.values()), expected, strict=True):
            np.testing.assert_allclose(ours, right, rtol=1e-6, atol=2e-5)
    assert folded == [True, True]


def test_all_pairs_meet_where_somebody_looks_or_pairs_are_masked(random, monkeypatch):
    folded = counted(monkeypatch)
    given = tensors(random, 11, 11)
    layer = Attention("location", scope=WindowedScope(2, 1))
    layer(**given)
    assert folded == [False], "a score by position must see all positions"
    folded.clear()
    layer = Attention("dot", scope=WindowedScope(2, 1))
    layer(**given, return_attention_scores=True)
    layer(**given, use_causal_mask=True)
    layer(**given, attention_mask=np.ones((11, 11), "bool"))
    layer(**given, query_positions=np.arange(11))
    heard = []
    with recording.recorded(lambda layer, weights: heard.append(weights)):
        layer(**given)
    assert heard[0].shape == (3, 11, 11)
    assert folded == []
    Attention("dot", scope=WindowedScope(20, 20))(**given)
    Attention("dot")(**given)
    assert folded == [False, False], "nothing would be saved"


@keras.saving.register_keras_serializable("tests")
class Unseen(Attention):
    """An attention of which nobody can ask the weights."""

    def build(self, query_shape, value_shape):
        super().build(query_shape, value_shape)

    def call(self, query, value, query_mask=None, value_mask=None, training=None):
        return super().call(query, value, query_mask=query_mask, value_mask=value_mask, training=training)


@pytest.mark.parametrize("law", [law for law in LAWS if law not in ("saving", "steps", "weights")])
@pytest.mark.parametrize("scope", ["windowed", "local_p"])
def test_the_laws_hold_where_nobody_asks_for_weights(random, monkeypatch, scope, law):
    def make(dtype=None):
        return Unseen("general", scope=SCOPES[scope](dtype=dtype), dropout=0.4, seed=1, dtype=dtype)

    folded = counted(monkeypatch)
    given = tensors(random, 7, 13)
    inputs = {"query": given["query"], "value": given["value"]}
    masks = {"query": given["query_mask"], "value": given["value_mask"]}
    check_law(Case(make, inputs, masks, mask_out="query"), law)
    assert folded and all(folded)


@pytest.mark.parametrize("scope", ["global", "causal"])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_long_dot_products_go_in_blocks_and_give_the_same(random, monkeypatch, scope, lengths):
    monkeypatch.setattr(dot_attention, "_BLOCK", 20)
    made = []
    blocks = dot_attention.dot_attention
    monkeypatch.setattr(ways, "dot_attention", lambda *given: made.append(1) or blocks(*given))
    layer, given = Attention("scaled_dot", scope=scope), tensors(random, *lengths)
    without_masks = {name: given[name] for name in ("query", "value", "key")}
    for arguments in (given, without_masks):
        for options in ({}, {"use_causal_mask": True}):
            expected = context_and_gradients(layer, arguments, **options, return_attention_scores=True)
            assert not made
            found = context_and_gradients(layer, arguments, **options)
            assert made.pop()
            for ours, right in zip(found, expected, strict=True):
                np.testing.assert_allclose(ours, right, rtol=1e-6, atol=2e-5)


def test_other_parts_dropout_in_training_and_masks_of_pairs_hold_all_weights(random, monkeypatch):
    monkeypatch.setattr(dot_attention, "_BLOCK", 20)
    monkeypatch.delattr(ways, "dot_attention")
    given = tensors(random, 11, 11)
    for parts in ({"score": "dot"}, {"normalizer": "relu"}, {"selection": "hard"}):
        Attention(**parts)(**given)
    Attention(dropout=0.5)(**given, training=True)
    Attention()(**given, attention_mask=np.ones((11, 11), "bool"))
    Attention()(**given, query_positions=np.arange(11))
    with pytest.raises(NameError):
        Attention(dropout=0.5)(**given)


@pytest.mark.parametrize("scope", [*SCOPES, "causal", "global"])
def test_many_heads_go_the_same_ways(random, monkeypatch, scope):
    monkeypatch.setattr(dot_attention, "_BLOCK", 20)
    layer = MultiHeadAttention(2, scope=SCOPES[scope]() if scope in SCOPES else scope)
    given = tensors(random, 11, 13)
    given["value_mask"] = given["value_mask"] & (np.arange(13) > 3)  # the first queries of a band see nothing
    for arguments in (given, {name: given[name] for name in ("query", "value", "key")}):
        expected = context_and_gradients(layer, arguments, return_attention_scores=True)
        for ours, right in zip(context_and_gradients(layer, arguments), expected, strict=True):
            np.testing.assert_allclose(ours, right, rtol=1e-6, atol=2e-5)
