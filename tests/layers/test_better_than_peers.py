"""Defects of other attention packages: tiny imitations, each told by our laws; ours obey them."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import AdditiveAttention, AttentionPooling, MultiHeadSelfAttention, SelfAttention
from keras_seq.testing import Case, check_law

_random = np.random.default_rng(0)
INPUTS = _random.normal(size=(2, 5, 6)).astype("float32")
KEEP = np.array([[True, True, True, False, False], [True, True, True, True, False]])


class _Pooling(keras.layers.Layer):
    """What the imitations share: a score for each step, and a weighted mean."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        self.v = self.add_weight(name="v", shape=(inputs_shape[-1], 1), initializer="glorot_uniform")
        self.built = True

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_spec(self, *args, **kwargs):
        return keras.Operation.compute_output_spec(self, *args, **kwargs)


class SoftmaxOverOneScore(_Pooling):
    """Normalizes each step's one score by itself: the last axis of (B, T, 1) is not the time."""

    def call(self, inputs, mask=None, return_attention_scores=False):
        scores = ops.matmul(inputs, self.v)  # (B, T, 1)
        weights = ops.squeeze(ops.exp(scores) / ops.sum(ops.exp(scores), axis=-1, keepdims=True), -1)
        context = ops.sum(ops.expand_dims(weights, -1) * inputs, axis=1)
        return (context, weights) if return_attention_scores else context


def test_a_softmax_over_one_score_makes_every_weight_one_and_is_told_so():
    case = Case(SoftmaxOverOneScore, {"inputs": INPUTS}, {"inputs": KEEP})
    _, weights = case.new()(INPUTS, return_attention_scores=True)
    assert (np.array(weights) == 1).all(), "the imitation is no longer one"
    with pytest.raises(AssertionError, match="weights on the padding of 'inputs' reach 1, not 0"):
        check_law(case, "weights")
    with pytest.raises(AssertionError, match="other numbers on the padding of 'inputs'"):
        check_law(case, "padding")
    with pytest.raises(AssertionError, match="v by 0 at most"):
        check_law(Case(_WeightsAlone, {"inputs": INPUTS}), "training")


class _WeightsAlone(SoftmaxOverOneScore):
    """The weights as its result: their gradient is 0, and the score learns nothing."""

    def call(self, inputs, mask=None):
        return super().call(inputs, mask, return_attention_scores=True)[1]


@pytest.mark.parametrize("attention", ["additive", "scaled_dot"])
def test_our_weights_share_one_among_the_steps_and_differ(attention):
    layer = Case(
        lambda dtype=None: AttentionPooling(attention, "glorot_uniform", dtype=dtype), {"inputs": INPUTS}
    ).new()
    for mask in (None, KEEP):
        weights = np.array(layer(INPUTS, mask=mask, return_attention_scores=True)[1])
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-6)
        assert (weights < 0.95).all() and np.ptp(weights[1, :3]) > 1e-4


class DropsOnlyPaddingToPadding(keras.layers.Layer):
    """Self-attention that drops a pair when both its steps are padding, where one is enough."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None, return_attention_scores=False):
        scores = ops.matmul(inputs, ops.swapaxes(inputs, 1, 2))
        if mask is not None:
            pairs = ops.logical_or(ops.expand_dims(mask, 2), ops.expand_dims(mask, 1))
            scores = ops.where(pairs, scores, -1e4)
        weights = ops.softmax(scores, axis=-1)
        context = ops.matmul(weights, inputs)
        return (context, weights) if return_attention_scores else context

    def compute_output_spec(self, *args, **kwargs):
        return keras.Operation.compute_output_spec(self, *args, **kwargs)


def share_on_padding(layer, inputs):
    """How much of their weight the kept steps put on padding."""
    _, weights = layer(inputs, mask=KEEP, return_attention_scores=True)
    weights = np.array(weights).reshape(2, -1, 5, 5)
    of_kept = [weights[b][:, KEEP[b]] for b in range(2)]  # (heads, kept queries, keys)
    return np.mean([rows[..., ~KEEP[b]].sum(-1).mean() for b, rows in enumerate(of_kept)])


def test_weight_that_kept_steps_put_on_padding_is_found():
    case = Case(DropsOnlyPaddingToPadding, {"inputs": INPUTS}, {"inputs": KEEP}, "inputs")
    assert share_on_padding(case.new(), 0 * INPUTS) > 0.25
    with pytest.raises(AssertionError, match="weights on the padding of 'inputs' reach"):
        check_law(case, "weights")
    with pytest.raises(AssertionError, match="other numbers on the padding of 'inputs'"):
        check_law(case, "padding")


@pytest.mark.parametrize("make", [SelfAttention, lambda: MultiHeadSelfAttention(2)])
def test_our_kept_steps_put_no_weight_on_padding(make):
    assert share_on_padding(make(), INPUTS) == 0


class MakesItsWeightsWhenCalled(keras.layers.Layer):
    """Puts layers together inside `call`: weights that are new at each call, that nobody saves or trains."""

    def call(self, inputs, mask=None):
        scores = keras.layers.Dense(1, use_bias=False)(inputs)  # (B, T, 1)
        return ops.sum(ops.softmax(scores, axis=1) * inputs, axis=1)


@pytest.mark.parametrize("law", ["models", "compilation"])
def test_a_layer_that_can_neither_fit_nor_predict_is_found(law):
    case = Case(MakesItsWeightsWhenCalled, {"inputs": INPUTS})
    with pytest.raises(AssertionError, match=f"MakesItsWeightsWhenCalled breaks the law of {law}"):
        check_law(case, law)


@pytest.mark.parametrize(
    "attend",
    [
        lambda states: AttentionPooling("additive")(states),
        lambda states: AttentionPooling("scaled_dot")(SelfAttention("general")(states)),
        lambda states: AttentionPooling()(AdditiveAttention(5)(states, states)),
    ],
    ids=["pooling", "self-attention", "additive attention"],
)
def test_ours_are_fit_and_predict(attend):
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(9, 6, mask_zero=True)(ids)
    model = keras.Model(ids, keras.layers.Dense(1)(attend(states)))
    model.compile("adam", "mse", jit_compile=False)
    inputs, targets = np.array([[3, 4, 0], [5, 0, 0]]), np.array([[1.0], [-1.0]])
    before = model.predict(inputs, verbose=0)
    model.fit(inputs, targets, epochs=2, verbose=0)
    after = model.predict(inputs, verbose=0)
    assert np.isfinite(after).all() and not np.array_equal(after, before)
