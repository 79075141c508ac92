"""ConvS2S by NumPy loops over the paper's formulas, step by step, by a toy that it learns, by its letters."""

import keras
import numpy as np
import pytest

from keras_seq.layers import ConvS2SDecoderBlock, GatedConvolutionBlock, GatedLinearUnit, MultiStepAttention
from keras_seq.layers.recording import recorded
from tests.layers.letters import letter_of

QUERY_MASK = np.array([[True, True, False], [True, True, True]])
VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])


@pytest.fixture
def tensors(random):
    """Target (2, 3, 7), source (2, 5, 6) with keys (2, 5, 4), embedded target words as wide as the keys."""
    shapes = {"target": (2, 3, 7), "value": (2, 5, 6), "key": (2, 5, 4), "embedded": (2, 3, 4)}
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def with_loud_weights(layer, random):
    """Biases too: at zero they would hide that they are forgotten."""
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])
    return {weight.name: weight.numpy().astype("float64") for weight in layer.weights}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def block_by_loops(row, kernel, bias, left):
    """One row of kept steps: convolution to 2 D, gates, residual, √½."""
    length, width = row.shape
    outputs = np.zeros_like(row, "float64")
    for t in range(length):
        both = bias.copy()
        for i, tap in enumerate(kernel):
            if 0 <= t + i - left < length:
                both += row[t + i - left] @ tap
        for d in range(width):
            outputs[t, d] = np.sqrt(0.5) * (both[d] * sigmoid(both[width + d]) + row[t, d])
    return outputs


def attended_by_loops(query, key, value, embedded, kernel, bias):
    """One row: equations 1 and 2, and √m for m keys."""
    weights, context = np.zeros((len(query), len(key))), np.zeros((len(query), value.shape[-1]))
    for t in range(len(query)):
        d = query[t] @ kernel + bias + embedded[t]
        raw = [np.exp(d @ key[s]) for s in range(len(key))]
        for s in range(len(key)):
            weights[t, s] = raw[s] / sum(raw)
            context[t] += weights[t, s] * value[s]
        context[t] *= len(key) * np.sqrt(1 / len(key))
    return weights, context


def test_a_gated_linear_unit_gates_the_first_half_by_the_second(random):
    inputs = random.normal(size=(2, 3, 8)).astype("float32")
    expected = np.zeros((2, 3, 4))
    for b, t, d in np.ndindex(expected.shape):
        expected[b, t, d] = inputs[b, t, d] * sigmoid(inputs[b, t, 4 + d])
    np.testing.assert_allclose(GatedLinearUnit()(inputs), expected, atol=1e-6)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", ["same", "causal"])
def test_a_block_is_the_papers_formula_over_the_kept_steps(tensors, random, kernel_size, padding):
    inputs = tensors["value"]
    layer = GatedConvolutionBlock(kernel_size, padding)
    layer.build(inputs.shape)
    weights = with_loud_weights(layer, random)
    outputs = np.array(layer(inputs, mask=VALUE_MASK))
    left = kernel_size - 1 if padding == "causal" else (kernel_size - 1) // 2
    for b, length in enumerate(VALUE_MASK.sum(1)):
        expected = block_by_loops(inputs[b, :length], weights["kernel"], weights["bias"], left)
        np.testing.assert_allclose(outputs[b, :length], expected, rtol=1e-5, atol=1e-5)
        assert not outputs[b, length:].any()


def test_multi_step_attention_is_the_papers_formula_over_the_kept_steps(tensors, random):
    layer = MultiStepAttention()
    layer.build(*(tensors[name].shape for name in ("target", "value", "key", "embedded")))
    found = with_loud_weights(layer, random)
    context, weights = layer(
        tensors["target"], tensors["value"], tensors["key"], tensors["embedded"],
        query_mask=QUERY_MASK, value_mask=VALUE_MASK, return_attention_scores=True,
    )  # fmt: skip
    weights, context = np.array(weights), np.array(context)
    for b in range(2):
        t, s = QUERY_MASK[b].sum(), VALUE_MASK[b].sum()
        expected_weights, expected = attended_by_loops(
            tensors["target"][b, :t], tensors["key"][b, :s], tensors["value"][b, :s],
            tensors["embedded"][b, :t],
            found["kernel"], found["bias"],
        )  # fmt: skip
        np.testing.assert_allclose(weights[b, :t, :s], expected_weights, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(context[b, :t], expected, rtol=1e-4, atol=1e-5)
        assert not weights[b, t:].any() and not weights[b, :, s:].any() and not context[b, t:].any()


def test_the_number_of_keys_is_that_of_the_pairs_that_are_kept(tensors, random):
    """Value masks and masks of pairs count as one."""
    pairs = random.random((2, 3, 5)) < 0.6
    layer = MultiStepAttention()
    call = {"query": tensors["target"], "value": tensors["value"], "key": tensors["key"]}
    context, weights = layer(
        **call, value_mask=VALUE_MASK, attention_mask=pairs, return_attention_scores=True
    )
    number = (pairs & VALUE_MASK[:, None]).sum(-1)
    mean = np.array(weights) @ tensors["value"]
    np.testing.assert_allclose(context, np.sqrt(number)[:, :, None] * mean, atol=1e-5)


@pytest.mark.parametrize("width", [6, 7], ids=["context brought to the width", "as wide"])
def test_a_decoder_block_is_a_convolution_that_attends(tensors, random, width):
    value = random.normal(size=(2, 5, width)).astype("float32")
    layer = ConvS2SDecoderBlock(2)
    shapes = [tensors["target"].shape, value.shape, tensors["key"].shape, tensors["embedded"].shape]
    layer.build(*shapes)
    with_loud_weights(layer, random)
    call = {"key": tensors["key"], "embedded": tensors["embedded"], "value_mask": VALUE_MASK}
    outputs, weights = layer(tensors["target"], value, **call, return_attention_scores=True)
    convolution = {weight.name: weight.numpy() for weight in layer.convolution.weights}
    attention = {weight.name: weight.numpy() for weight in layer.attention.weights}
    assert (layer.context_kernel is None) == (width == 7)
    for b, s in enumerate(VALUE_MASK.sum(1)):
        hidden = block_by_loops(tensors["target"][b], convolution["kernel"], convolution["bias"], 1)
        expected_weights, context = attended_by_loops(
            hidden, tensors["key"][b, :s], value[b, :s], tensors["embedded"][b],
            attention["kernel"], attention["bias"],
        )  # fmt: skip
        context = context if width == 7 else context @ layer.context_kernel.numpy()
        np.testing.assert_allclose(np.array(weights)[b, :, :s], expected_weights, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(outputs[b], np.sqrt(0.5) * (hidden + context), rtol=1e-3, atol=1e-4)


def test_a_target_whose_source_is_empty_keeps_its_own_convolution(tensors):
    layer = ConvS2SDecoderBlock(2)
    keep = np.array([[False] * 5, [True] * 5])
    outputs = np.array(layer(tensors["target"], tensors["value"], value_mask=keep))
    hidden = np.array(layer.convolution(tensors["target"]))
    np.testing.assert_allclose(outputs[0], np.sqrt(0.5) * hidden[0], atol=1e-6)
    assert np.isfinite(outputs).all()


def test_whole_and_in_pieces_of_any_length_are_the_same(random):
    inputs = random.normal(size=(2, 9, 6)).astype("float32")
    layer = GatedConvolutionBlock(4, "causal")
    whole = np.array(layer(inputs))
    for pieces in ([1] * 9, [2, 3, 4], [7, 1, 1], [9]):
        cache, outputs, first = layer.initial_cache(2), [], 0
        for size in pieces:
            output, cache = layer(inputs[:, first : first + size], cache=cache)
            assert cache.shape == (2, 3, 6), "the cache holds K - 1 steps, however many came before"
            outputs.append(output)
            first += size
        np.testing.assert_allclose(np.concatenate(outputs, axis=1), whole, atol=1e-6)


def test_a_step_gives_outputs_then_weights_then_the_cache(tensors):
    layer = ConvS2SDecoderBlock(3)
    layer.build((2, None, 7), (2, None, 6))
    step = tensors["target"][:, :1]
    outputs, weights, cache = layer(
        step, tensors["value"], cache=layer.initial_cache(2), return_attention_scores=True
    )
    assert (outputs.shape, weights.shape, cache.shape) == ((2, 1, 7), (2, 1, 5), (2, 2, 7))
    np.testing.assert_array_equal(cache[:, 1:], step)


def test_the_variance_grows_slowly_through_many_blocks():
    """What √½ and the first weights are for (sections 3.4 and 3.5): without √½ it would double each time."""
    keras.utils.set_random_seed(0)
    inputs = np.random.default_rng(0).normal(size=(4, 50, 64)).astype("float32")
    hidden = inputs
    for _ in range(8):
        hidden = GatedConvolutionBlock(3)(hidden)
    assert 1 < np.var(hidden) < 10


def test_dropout_leaves_the_residual_whole(random):
    inputs = random.normal(size=(2, 5, 6)).astype("float32")
    layer = GatedConvolutionBlock(3, dropout=0.5, seed=1)
    layer.build(inputs.shape)
    layer.set_weights([np.zeros(weight.shape) for weight in layer.get_weights()])
    np.testing.assert_allclose(layer(inputs, training=True), np.sqrt(0.5) * inputs, rtol=1e-6)


def test_the_decoder_block_is_heard_once_and_its_parts_not(tensors):
    heard = []
    layer = ConvS2SDecoderBlock(2)
    with recorded(lambda layer, weights: heard.append((layer, tuple(weights.shape)))):
        layer(tensors["target"], tensors["value"])
        assert [each[0] for each in heard] == [layer]
        MultiStepAttention(name="alone")(tensors["target"], tensors["value"])
    assert [(each.name, shape) for each, shape in heard[1:]] == [("alone", (2, 3, 5))]


def reversing_model(vocabulary, width):
    """Two blocks to read, two to write: reversed source from source and what was written before."""
    source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))

    def embed(ids):
        words = keras.layers.Embedding(vocabulary, width, mask_zero=True)(ids)
        positions = keras.layers.Embedding(16, width)(keras.ops.cumsum(keras.ops.ones_like(ids), axis=1))
        return keras.layers.Add()([words, positions])

    embedded_source, embedded = embed(source), embed(target)
    encoded = embedded_source
    for _ in range(2):
        encoded = GatedConvolutionBlock(3)(encoded)
    value = keras.layers.Add()([encoded, embedded_source])
    decoded = embedded
    for _ in range(2):
        decoded = ConvS2SDecoderBlock(3)(decoded, value, key=encoded, embedded=embedded)
    return keras.Model([source, target], keras.layers.Dense(vocabulary)(decoded))


def test_a_tiny_model_learns_to_reverse():
    keras.utils.set_random_seed(1)
    random, vocabulary, number = np.random.default_rng(1), 9, 1024
    source, wanted, before = (np.zeros((number, 6), "int32") for _ in range(3))
    for row in range(number):
        length = random.integers(2, 7)
        source[row, :length] = random.integers(2, vocabulary, size=length)
        wanted[row, :length] = source[row, :length][::-1]
        before[row, :length] = [1, *wanted[row, : length - 1]]  # 1 begins every target
    model = reversing_model(vocabulary, 32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    begun = model.evaluate([source, before], wanted, verbose=0)
    model.fit([source, before], wanted, epochs=4, batch_size=64, verbose=0)
    learned = model.evaluate([source, before], wanted, verbose=0)
    assert begun > 2 and learned < 0.2, (begun, learned)


def test_an_odd_width_has_no_halves():
    letter = letter_of(GatedLinearUnit(), np.ones((2, 3, 7), "float32"))
    assert letter.startswith(
        "One half of the inputs' width gates the other: the width must be even. "
        "Received: inputs of shape (2, 3, 7)"
    )


@pytest.mark.parametrize("make", [GatedConvolutionBlock, ConvS2SDecoderBlock])
def test_arguments_that_are_no_good_are_refused_by_name(make):
    assert letter_of(make, 0) == "kernel_size must be at least 1. Received: kernel_size=0"
    letter = letter_of(make, dropout=1.0)
    assert letter == "dropout is a fraction, at least 0 and below 1. Received: dropout=1.0"


def test_an_unknown_padding_is_told_the_nearest_that_exist():
    letter = letter_of(GatedConvolutionBlock, padding="valid")
    assert letter == "Unknown padding. Expected 'same' or 'causal'. Received: padding='valid'"


def test_a_cache_without_causality_is_refused(tensors):
    layer = GatedConvolutionBlock(3)
    letter = letter_of(layer, tensors["target"], cache=np.zeros((2, 2, 7), "float32"))
    assert (
        'A block that reads what follows has no steps: a cache needs padding="causal". '
        "Received: padding='same'" in letter
    )


def test_tensors_of_the_wrong_rank_are_named_with_their_shape(tensors):
    letter = letter_of(GatedConvolutionBlock(), tensors["target"][0])
    assert letter.startswith(
        "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (3, 7)"
    )
    call = {"query": tensors["target"], **{name: tensors[name] for name in ("value", "key", "embedded")}}
    for name, array in call.items():
        letter = letter_of(MultiStepAttention(), **{**call, name: array[:, 0]})
        assert letter.startswith(
            f"{name} must be of rank 3: (batch, length, width). Received: {name} of shape"
        )


def test_tensors_that_do_not_fit_are_told_both(tensors):
    target, value, key = tensors["target"], tensors["value"], tensors["key"]
    letter = letter_of(MultiStepAttention(), target, value, key[:, :4])
    assert letter.startswith(
        "Every value needs its key: both must be equally long. "
        "Received: value of shape (2, 5, 6), key of shape (2, 4, 4)"
    )
    letter = letter_of(ConvS2SDecoderBlock(), target, value, embedded=tensors["embedded"])
    assert letter.startswith(
        "embedded is added to the projected query and multiplied with the key: both must be of the same "
        "width. Received: embedded width 4, key width 6"
    )


def test_a_float_mask_is_refused(tensors):
    mask = np.ones((2, 5), "float32")
    letter = letter_of(ConvS2SDecoderBlock(), tensors["target"], tensors["value"], value_mask=mask)
    assert "A mask is boolean, True = keep. Received: value_mask of dtype float32" in letter
