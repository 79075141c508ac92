"""Every score with every normalizer, scope and selection, against loops written from the formulas.

Nothing in the layer knows a combination; this walks all of them.
"""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import Attention
from keras_seq.layers.attention.scopes import LocalMonotonicScope, LocalPredictiveScope, WindowedScope
from tests.layers.attention import by_loops

SCOPES = {
    "windowed": lambda: WindowedScope(2, 1, dtype="float64"),
    "local_m": lambda: LocalMonotonicScope(1, dtype="float64"),
    "local_p": lambda: LocalPredictiveScope(2, dtype="float64"),
}
COMBINATIONS = list(
    itertools.product(by_loops.SCORES, by_loops.NORMALIZERS, by_loops.SCOPES, by_loops.SELECTIONS)
)
QUERY_MASK = np.array([[True, True, True], [True, True, False]])
VALUE_MASK = np.array([[True, True, True, True, False], [True, True, True, False, False]])


def tensors():
    """query, key, value and the mask of pairs; on the padding of keys and values stands 1e18."""
    random = np.random.default_rng(20)
    query, key, value = (random.normal(size=shape) for shape in ((2, 3, 4), (2, 5, 4), (2, 5, 6)))
    for array, mask in ((query, QUERY_MASK), (key, VALUE_MASK), (value, VALUE_MASK)):
        array[~mask] = 1e18
    pairs = random.random((2, 3, 5)) < 0.8
    pairs[0, 1] = False  # a query with nothing to attend to
    return query, key, value, pairs


def weights_of(part):
    return {weight.name: weight.numpy() for weight in part.weights}


def test_the_table_is_whole():
    assert len(COMBINATIONS) == 7 * 3 * 5 * 2


@pytest.mark.parametrize("score, normalizer, scope, selection", COMBINATIONS)
def test_any_score_normalizer_scope_and_selection_work_together(score, normalizer, scope, selection):
    import tensorflow as tf

    query, key, value, pairs = tensors()
    keep = pairs & QUERY_MASK[:, :, None] & VALUE_MASK[:, None]
    keras.utils.set_random_seed(3)
    layer = Attention(score, normalizer, SCOPES.get(scope, lambda: scope)(), selection, dtype="float64")
    inputs = [tf.constant(array) for array in (query, value, key)]
    masks = {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK, "attention_mask": pairs}
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        context, weights = layer(*inputs, **masks, return_attention_scores=True)
        total = ops.sum(ops.cos(context))
    expected_weights, expected = by_loops.attended(
        functools.partial(by_loops.SCORES[score], weights_of(layer.score)),
        by_loops.NORMALIZERS[normalizer],
        functools.partial(by_loops.SCOPES[scope], weights_of(layer.scope)),
        by_loops.SELECTIONS[selection],
        query, key, value, keep,
    )  # fmt: skip
    np.testing.assert_allclose(weights, expected_weights, atol=1e-12)
    np.testing.assert_allclose(context, expected, atol=1e-12)
    assert expected_weights.any(), "or else nothing was compared"
    assert not weights.numpy()[~keep].any(), "weights on padding are exactly 0"

    sources = [*inputs, *(weight.value for weight in layer.trainable_weights)]
    gradients = tape.gradient(total, sources, unconnected_gradients="zero")
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    for gradient, mask in zip(gradients, (QUERY_MASK, VALUE_MASK, VALUE_MASK), strict=False):
        assert not gradient.numpy()[~mask].any(), "the gradient by padding is exactly 0"
