"""The weights of every attention in a model, from one call, whatever the model is made of."""

import keras
import numpy as np
import pytest

from keras_seq.layers import (
    AttentionPooling,
    DotProductAttention,
    EndToEndMemory,
    HierarchicalAttention,
    recording,
)
from keras_seq.models import attention_scores, load_model
from tests.fresh_process import fresh_process

B, T, V, D = 2, 5, 11, 6
IDS = np.array([[5, 3, 9, 0, 0], [4, 8, 2, 7, 0]], "int32")
STATES = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")
SENTENCES = np.array([[[5, 3, 9, 2], [4, 0, 0, 0], [0, 0, 0, 0]], [[2, 7, 0, 0], [6, 1, 0, 0], [9, 2, 8, 0]]])


def same(found, expected):
    assert list(found) == list(expected)
    for name, weights in expected.items():
        assert isinstance(found[name], np.ndarray)
        np.testing.assert_allclose(found[name], weights, atol=1e-6)


def block(name):
    """Self-attention and pooling, the one's weights asked for and the other's not."""
    states = keras.Input((None, D))
    attended = DotProductAttention(name="attention")(states, states)
    return keras.Model(states, AttentionPooling(name="pooling")(attended), name=name)


def weights_of_block(model, states):
    attended, first = model.get_layer("attention")(states, states, return_attention_scores=True)
    _, second = model.get_layer("pooling")(attended, return_attention_scores=True)
    return {"attention": np.array(first), "pooling": np.array(second)}


def test_a_functional_model_that_was_not_made_to_return_them():
    model = block("block")
    same(attention_scores(model, STATES), weights_of_block(model, STATES))


def test_a_sequential_model_with_its_mask():
    pooling = AttentionPooling(name="pooling")
    model = keras.Sequential([keras.layers.Embedding(V, D, mask_zero=True, name="words"), pooling])
    model(IDS)
    _, weights = pooling(model.get_layer("words")(IDS), return_attention_scores=True)
    same(attention_scores(model, IDS), {"pooling": np.array(weights)})
    assert not attention_scores(model, IDS)["pooling"][IDS == 0].any()


class Subclassed(keras.Model):
    """Somebody's own model; its call does not know `training`."""

    def __init__(self):
        super().__init__()
        self.blocks = [block("first"), block("second")]
        self.shared = DotProductAttention(name="shared")

    def call(self, inputs):
        one = self.shared(inputs["states"], inputs["states"])
        two = self.shared(inputs["states"], one)
        return self.blocks[0](one) + self.blocks[1](two)


def test_a_subclassed_model_of_nested_ones_with_a_layer_called_twice():
    model, inputs = Subclassed(), {"states": STATES}
    model(inputs)
    one, first = model.shared(STATES, STATES, return_attention_scores=True)
    two, second = model.shared(STATES, one, return_attention_scores=True)
    expected = {"shared": np.array(first), "shared:2": np.array(second)}
    for each, states in zip(model.blocks, (one, two), strict=True):
        expected |= {f"{each.name}/{name}": found for name, found in weights_of_block(each, states).items()}
    same(attention_scores(model, inputs), expected)


def test_time_distributed_with_all_steps_together():
    inner = block("inner")
    steps = keras.Input((None, T, D))
    model = keras.Model(steps, keras.layers.TimeDistributed(inner, name="steps")(steps))
    batch = np.stack([STATES, 2 * STATES, -STATES], axis=1)  # (B, 3, T, D)
    of_each = [weights_of_block(inner, batch[:, step]) for step in range(3)]
    expected = {
        f"steps/inner/{name}": np.stack([each[name] for each in of_each], axis=1) for name in of_each[0]
    }
    same(attention_scores(model, batch), expected)
    assert expected["steps/inner/attention"].shape == (B, 3, T, T)


def test_time_distributed_within_time_distributed():
    pooling = AttentionPooling(name="pooling")
    twice = keras.layers.TimeDistributed(keras.layers.TimeDistributed(pooling, name="inner"), name="outer")
    inputs = np.random.default_rng(1).normal(size=(B, 4, 3, T, D)).astype("float32")
    model = keras.Sequential([keras.Input((4, 3, T, D)), twice])
    _, weights = pooling(inputs.reshape(-1, T, D), return_attention_scores=True)
    same(attention_scores(model, inputs), {"outer/inner/pooling": np.array(weights).reshape(B, 4, 3, T)})


def test_a_model_from_a_file(tmp_path):
    model = block("block")
    before = attention_scores(model, STATES)
    model.save(tmp_path / "model.keras")
    same(attention_scores(load_model(tmp_path / "model.keras"), STATES), before)


def test_layers_with_several_attentions_inside_tell_each_or_all_hops():
    ids = keras.Input((None, None), dtype="int32")
    words = keras.layers.Embedding(V, D, mask_zero=True)(ids)
    document = HierarchicalAttention(3, name="document")(words)
    state = EndToEndMemory(V, 7, hops=2, name="memory")(ids[:, 0], ids)
    model = keras.Model(ids, [document, state])
    found = attention_scores(model, SENTENCES)
    shapes = {name: weights.shape for name, weights in found.items()}
    assert shapes == {"document/words": (2, 3, 4), "document/sentences": (2, 3), "memory": (2, 2, 3)}
    for weights in (found["document/sentences"], found["memory"][:, 0], found["memory"][:, 1]):
        np.testing.assert_array_equal(weights > 0, SENTENCES.any(-1))
    np.testing.assert_array_equal(found["document/words"] > 0, SENTENCES != 0)


def test_attentions_of_keras_are_heard_too_and_answer_as_before():
    states = keras.Input((T, D))
    one = keras.layers.Attention(name="one")([states, states])
    two, _ = keras.layers.AdditiveAttention(name="two")([states, one], return_attention_scores=True)
    three = keras.layers.MultiHeadAttention(3, 2, name="three")(states, two, use_causal_mask=True)
    four = keras.layers.GroupQueryAttention(2, 4, 2, name="four")(states, three)
    model = keras.Model(states, [one, two, three, four])
    before = [np.array(each) for each in model(STATES)]
    one, two, three, _ = before

    def weights(name, *args, **kwargs):
        return np.array(model.get_layer(name)(*args, return_attention_scores=True, **kwargs)[1])

    expected = {
        "one": weights("one", [STATES, STATES]),
        "two": weights("two", [STATES, one]),
        "three": weights("three", STATES, two, use_causal_mask=True),
        "four": weights("four", STATES, three),
    }
    same(attention_scores(model, STATES), expected)
    assert not any("call" in vars(layer) for layer in model.layers), "the layers are left as they were"
    for after, was in zip(model(STATES), before, strict=True):
        np.testing.assert_array_equal(after, was)


def test_two_parts_of_the_same_name_are_told_apart():
    class Twins(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="twins")
            self.parts = [AttentionPooling(name="pooling"), AttentionPooling("scaled_dot", name="pooling")]

        def call(self, inputs):
            return self.parts[0](inputs) + self.parts[1](inputs)

    twins = Twins()
    model = keras.Sequential([keras.Input((T, D)), twins])
    first, second = (part(STATES, return_attention_scores=True)[1] for part in twins.parts)
    same(attention_scores(model, STATES), {"twins/pooling": first, "twins/pooling_1": second})


def test_half_precision_is_shown_in_float32():
    model = keras.Sequential([keras.Input((T, D)), AttentionPooling(dtype="mixed_bfloat16", name="pooling")])
    assert attention_scores(model, STATES)["pooling"].dtype == "float32"


def test_nothing_is_heard_afterwards_and_dropout_is_off():
    states = keras.Input((T, D))
    dropped = keras.layers.Dropout(0.5)(states)
    model = keras.Model(states, AttentionPooling(name="pooling")(dropped))
    same(attention_scores(model, STATES), attention_scores(model, STATES))
    assert not recording.is_recording()


def test_a_model_in_which_nothing_attends_is_told_with_its_layers():
    model = keras.Sequential([keras.Input((D,)), keras.layers.Dense(2, name="logits")], name="plain")
    with pytest.raises(ValueError) as error:
        attention_scores(model, STATES[:, 0])
    assert str(error.value) == (
        "No attention ran in this model, so there are no weights to show. "
        "Received: plain with the layers logits"
    )


def test_a_model_that_is_not_built_is_told_to_be_called():
    with pytest.raises(ValueError, match="not built yet. Received: subclassed.*Call it once on its inputs."):
        attention_scores(Subclassed(), {"states": STATES})


def test_an_attention_in_a_compiled_function_is_told_by_name():
    tf = pytest.importorskip("tensorflow")

    class Compiled(keras.Model):
        def __init__(self):
            super().__init__()
            self.pooling = AttentionPooling(name="pooling")

        @tf.function
        def call(self, inputs):
            return self.pooling(inputs)

    model = Compiled()
    model(STATES)
    with pytest.raises(ValueError, match="The weights of 'pooling' cannot be read"):
        attention_scores(model, STATES[:, :3])  # another length is compiled anew


_ON_JAX = """
import sys
import numpy as np
from keras_seq.models import attention_scores, load_model
found = attention_scores(load_model(sys.argv[1]), np.load(sys.argv[2]))
np.savez(sys.argv[3], **found)
"""


def test_jax_hears_what_tensorflow_hears(tmp_path):
    steps = keras.Input((None, T, D))
    pooled = keras.layers.TimeDistributed(block("inner"), name="steps")(steps)
    attended = keras.layers.MultiHeadAttention(3, 2, name="heads")(pooled, pooled)
    model, inputs = keras.Model(steps, attended), np.stack([STATES, 2 * STATES, -STATES], axis=1)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "inputs.npy", inputs)
    files = [str(tmp_path / name) for name in ("model.keras", "inputs.npy", "found.npz")]
    fresh_process(_ON_JAX, *files, backend="jax")
    with np.load(files[-1]) as found:
        same(dict(found), attention_scores(model, inputs))
