"""Decoders against NumPy loops, Keras' own layers, and the blocks that they are made of."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import (
    BahdanauCell,
    ContextDecoder,
    ConvS2SDecoder,
    ConvS2SEncoder,
    ElmanCell,
    LuongCell,
    RecurrentDecoder,
    TransformerDecoder,
    TransformerEncoder,
    recording,
)
from keras_seq.ops.positions import sinusoids

MEMORY_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
ENDS = (2, 3)  # the last kept step of each row
SUMMARIES = {
    "last": lambda memory, i: memory[i, ENDS[i]],
    "ends": lambda memory, i: np.concatenate([memory[i, ENDS[i], :3], memory[i, 0, 3:]]),
    "backward": lambda memory, i: memory[i, 0, 3:],
    "mean": lambda memory, i: memory[i, : ENDS[i] + 1].mean(0),
}


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 3, 8)).astype("float32")


@pytest.fixture
def memory(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def with_new_numbers(layer, random):
    for weight in layer.trainable_weights:
        weight.assign(0.5 * random.normal(size=weight.shape))
    return layer


def first_state(layer, summary):
    dense = layer.first.dense
    return np.tanh(summary @ dense.kernel.numpy() + dense.bias.numpy())


@pytest.mark.parametrize("summary", SUMMARIES)
def test_a_recurrent_decoder_begins_with_a_summary_of_the_memory(summary, inputs, memory, random):
    cell = LuongCell(keras.layers.StackedRNNCells([keras.layers.LSTMCell(4), ElmanCell(7)]))
    layer = RecurrentDecoder(cell, first_state=summary)
    layer(inputs, memory, memory_mask=MEMORY_MASK)
    with_new_numbers(layer, random)
    first = np.stack([first_state(layer, SUMMARIES[summary](memory, i)) for i in range(2)])
    begun = [first[:, :4], first[:, 4:8], first[:, 8:]]
    expected = layer.recurrence(inputs, memory, memory_mask=MEMORY_MASK, initial_state=begun)
    np.testing.assert_allclose(layer(inputs, memory, memory_mask=MEMORY_MASK), expected, atol=1e-6)
    from_zeros = layer.recurrence(inputs, memory, memory_mask=MEMORY_MASK)
    assert not np.allclose(expected, from_zeros, atol=1e-3)


def test_without_a_summary_it_begins_with_zeros(inputs, memory):
    layer = RecurrentDecoder(BahdanauCell(keras.layers.GRUCell(4)))
    np.testing.assert_array_equal(layer(inputs, memory), layer.recurrence(inputs, memory))


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("summary", SUMMARIES)
def test_a_context_decoder_is_the_papers_formula(summary, every_step, inputs, memory, random):
    layer = ContextDecoder(4, cell="simple", summary=summary, every_step=every_step)
    layer(inputs, memory)
    with_new_numbers(layer, random)
    cell = layer.levels[0].cell
    w, r, b = (each.numpy() for each in (cell.kernel, cell.recurrent_kernel, cell.bias))
    expected = []
    for i in range(2):
        context = SUMMARIES[summary](memory, i)
        h = first_state(layer, context)
        for t in range(3):
            read = np.concatenate([inputs[i, t], context]) if every_step else inputs[i, t]
            h = np.tanh(read @ w + h @ r + b)
            expected.append(np.concatenate([h, context]) if every_step else h)
    found = layer(inputs, memory, memory_mask=MEMORY_MASK)
    np.testing.assert_allclose(found, np.reshape(expected, (2, 3, -1)), atol=1e-5)


@pytest.mark.parametrize("cell, built_in", [("lstm", keras.layers.LSTM), ("gru", keras.layers.GRU)])
def test_a_deep_context_decoder_is_keras_layers_one_upon_the_other(cell, built_in, inputs, memory, random):
    layer = ContextDecoder(4, cell=cell, num_layers=2, residual=True)
    layer(inputs, memory)
    with_new_numbers(layer, random)
    states_a_level = 2 if cell == "lstm" else 1
    first = np.split(first_state(layer, memory[:, -1]), 2 * states_a_level, axis=1)
    states = inputs
    for level, ours in enumerate(layer.levels):
        theirs = built_in(4, return_sequences=True)
        theirs.build(states.shape)
        theirs.set_weights(ours.get_weights())
        begun = first[level * states_a_level : (level + 1) * states_a_level]
        above = theirs(states, initial_state=begun if len(begun) > 1 else begun[0])
        states = np.array(states + above if level else above)
    np.testing.assert_allclose(layer(inputs, memory), states, atol=1e-5)


def normed(states, norm):
    mean, variance = states.mean(-1, keepdims=True), states.var(-1, keepdims=True)
    return (states - mean) / np.sqrt(variance + norm.epsilon) * norm.gamma.numpy() + norm.beta.numpy()


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_is_its_blocks_upon_words_with_their_places(norm_first, inputs, memory, random):
    options = {"num_heads": 2, "feed_forward_dim": 9, "norm_first": norm_first}
    encoder, decoder = TransformerEncoder(2, **options), TransformerDecoder(2, **options)
    encoder(inputs), decoder(inputs, memory)
    placed = np.sqrt(8.0) * inputs + np.array(sinusoids(np.arange(3), 8))
    for layer, more in ((encoder, {}), (decoder, {"value": memory, "value_mask": MEMORY_MASK})):
        with_new_numbers(layer, random)
        states = placed.astype("float32")
        for block in layer.blocks:
            states = np.array(block(states, **more))
        expected = normed(states, layer.last_norm) if norm_first else states
        found = layer(inputs, memory, memory_mask=MEMORY_MASK) if more else layer(inputs)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("depth, aligning", [(1, 0), (2, 0), (3, 1)])
def test_a_transformers_weights_are_the_mean_over_heads_of_the_last_block_but_one(
    depth, aligning, inputs, memory
):
    layer = TransformerDecoder(depth, num_heads=2, feed_forward_dim=9)
    layer(inputs, memory)
    heard = {}
    with recording.recorded(lambda source, weights: heard.setdefault(id(source), np.array(weights))):
        _, weights = layer(inputs, memory, memory_mask=MEMORY_MASK, return_attention_scores=True)
    of_heads = heard[id(layer.blocks[aligning].attention)]
    np.testing.assert_allclose(weights, of_heads.mean(1), atol=1e-6)


def test_conv_s2s_is_its_blocks_between_two_projections(inputs, random):
    encoder, decoder = ConvS2SEncoder(2, units=5), ConvS2SDecoder(2, units=5, kernel_size=2)
    words = random.normal(size=(2, 5, 8)).astype("float32")
    memory, key = encoder(words)
    decoder(inputs, memory, key)
    for layer in (encoder, decoder):
        with_new_numbers(layer, random)

    def projected(dense, states):
        return (np.array(states) @ dense.kernel.numpy() + dense.bias.numpy()).astype("float32")

    placed = np.sqrt(8.0) * words + np.array(sinusoids(np.arange(5), 8))
    states = projected(encoder.inner_dense, np.where(MEMORY_MASK[..., None], placed, 0.0))
    for block in encoder.blocks:
        states = block(states, mask=MEMORY_MASK)
    keep = MEMORY_MASK[..., None]
    expected_key = np.where(keep, projected(encoder.outer_dense, states), 0.0).astype("float32")
    expected_memory = np.where(keep, np.sqrt(0.5) * (expected_key + placed), 0.0).astype("float32")
    memory, key = encoder(words, mask=MEMORY_MASK)
    np.testing.assert_allclose(key, expected_key, atol=1e-5)
    np.testing.assert_allclose(memory, expected_memory, atol=1e-5)

    placed = (np.sqrt(8.0) * inputs + np.array(sinusoids(np.arange(3), 8))).astype("float32")
    states, weights = projected(decoder.inner_dense, placed), []
    for block in decoder.blocks:
        states, of_block = block(
            states, memory, key, placed, value_mask=MEMORY_MASK, return_attention_scores=True
        )
        weights.append(np.array(of_block))
    expected = projected(decoder.outer_dense, states)
    found, mean = decoder(inputs, memory, key, memory_mask=MEMORY_MASK, return_attention_scores=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(mean, np.mean(weights, axis=0), atol=1e-4)


def test_positions_are_added_as_they_are_called(inputs):
    def of(positions, **options):
        layer = TransformerEncoder(1, 2, 9, positions=positions, **options)
        layer(inputs)
        return layer

    def placed(layer):
        return np.array(layer.placing(inputs))

    learned = of("learned", max_length=4)
    table = learned.placing.added.table.numpy()
    np.testing.assert_allclose(placed(learned), np.sqrt(8.0) * inputs + table[:3], atol=1e-6)
    for name in ("none", "rotary"):
        np.testing.assert_allclose(placed(of(name)), np.sqrt(8.0) * inputs, atol=1e-6)
    np.testing.assert_allclose(placed(of("none", scale=False)), inputs)
    assert of("rotary").blocks[0].rotary and not of("none").blocks[0].rotary


def test_weights_are_reported_once_a_call_by_a_recurrent_decoder(inputs, memory):
    layer = RecurrentDecoder(BahdanauCell(keras.layers.GRUCell(4)))
    heard = []
    with recording.recorded(lambda *report: heard.append(report)):
        layer(inputs, memory)
    ((reporter, weights),) = heard
    assert reporter is layer
    _, expected = layer(inputs, memory, return_attention_scores=True)
    np.testing.assert_array_equal(weights, expected)


def every_decoder(inputs, memory):
    """Each kind, built, with what it prepares."""
    for layer in (
        RecurrentDecoder(LuongCell(keras.layers.LSTMCell(4), "location"), first_state="mean"),
        ContextDecoder(4, cell="lstm", every_step=True),
        TransformerDecoder(2, num_heads=2, feed_forward_dim=9),
        ConvS2SDecoder(2, units=5),
    ):
        source = memory if not isinstance(layer, ConvS2SDecoder) else np.pad(memory, [(0, 0)] * 2 + [(0, 2)])
        layer(inputs, source)
        yield layer, layer.prepare(source, memory_mask=MEMORY_MASK)


def test_several_rows_of_a_source_step_as_each_alone(inputs, memory):
    several = inputs.shape[1]
    for layer, prepared in every_decoder(inputs, memory):
        cache = layer.initial_cache(prepared, 4)
        words = inputs.reshape(-1, inputs.shape[-1])  # row b·K + k: word k of source b
        shared = layer.repeated(prepared, several)
        caches = keras.tree.map_structure(lambda each: ops.repeat(each, several, axis=0), cache)
        for t in range(2):
            found, found_weights, caches = layer.step(words[:, ::-1] if t else words, shared, caches, t)
        for k in range(several):
            alone = cache
            for t in range(2):
                one = inputs[:, k, ::-1] if t else inputs[:, k]
                expected, weights, alone = layer.step(one, prepared, alone, t)
            np.testing.assert_allclose(np.array(found)[k::several], expected, atol=1e-5)
            if layer.attends:
                np.testing.assert_allclose(np.array(found_weights)[k::several], weights, atol=1e-5)


@pytest.mark.parametrize("is_open", [False, True])
def test_hypotheses_go_on_from_one_another_as_rows_that_are_copied(is_open, inputs, memory):
    """Also where a graph does not know how long they become, and the cache grows."""
    tf = pytest.importorskip("tensorflow")
    several = inputs.shape[1]
    words = inputs.reshape(-1, inputs.shape[-1])
    orders = [[several * b + k for b in range(2) for k in within] for within in ([1, 1, 0], [2, 0, 0])]
    orders = [order[:several] + [each % several + several for each in order[:several]] for order in orders]

    def in_three_steps(layer, prepared, cache, reordered):
        shared, found = layer.repeated(prepared, several), []
        for t, order in enumerate([*orders, None]):
            states, weights, cache = layer.step(words[:, ::-1] if t else words, shared, cache, t)
            found += [states] if weights is None else [states, weights]
            cache = cache if order is None else reordered(cache, order)
        return found

    for layer, prepared in every_decoder(inputs, memory):

        def shared_ones(max_length, layer=layer, prepared=prepared):
            cache = layer.branched(layer.initial_cache(prepared, max_length, several), several)
            return in_three_steps(layer, prepared, cache, layer.reordered)

        rows = keras.tree.map_structure(
            lambda each: ops.repeat(each, several, axis=0), layer.initial_cache(prepared, 4)
        )
        taken = lambda cache, order: keras.tree.map_structure(  # noqa: E731
            lambda each: ops.take(each, order, axis=0), cache
        )
        expected = in_three_steps(layer, prepared, rows, taken)
        if is_open:
            found = tf.function(shared_ones, input_signature=[tf.TensorSpec((), tf.int32)])(tf.constant(4))
        else:
            found = shared_ones(4)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("is_open", [False, True])
def test_hypotheses_may_begin_as_one(is_open, inputs, memory):
    """And branch after the first step, as a beam search has it in a graph that leaves its batch open."""
    tf = pytest.importorskip("tensorflow")
    several = inputs.shape[1]

    def by_steps(layer, prepared, max_length, begins_as_one):
        cache = layer.initial_cache(prepared, max_length, several)
        shared = layer.repeated(prepared, several)
        if begins_as_one:
            _, _, cache = layer.step(inputs[:, 0], prepared, cache, 0)
            cache = layer.branched(cache, several)
        else:
            first = np.repeat(inputs[:, 0], several, axis=0)
            _, _, cache = layer.step(first, shared, layer.branched(cache, several), 0)
        cache = layer.reordered(cache, [2, 0, 1, 3, 3, 5])
        found = []
        for t in (1, 2):
            words = np.roll(inputs, t, axis=1).reshape(-1, inputs.shape[-1])
            states, weights, cache = layer.step(words, shared, cache, t)
            found += [states] if weights is None else [states, weights]
            cache = layer.reordered(cache, [1, 1, 0, 5, 3, 4])
        return found

    for layer, prepared in every_decoder(inputs, memory):
        expected = by_steps(layer, prepared, 3, begins_as_one=False)
        if is_open:
            signature = [tf.TensorSpec((), tf.int32)]
            found = tf.function(
                lambda length, layer=layer, prepared=prepared: by_steps(layer, prepared, length, True),
                input_signature=signature,
            )(tf.constant(3))
        else:
            found = by_steps(layer, prepared, 3, begins_as_one=True)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("rows", [[1, 0, 1], [0, 0, 1]])
def test_rows_of_what_steps_share_and_carry_can_be_repeated_and_reordered(rows, inputs, memory):
    """What a beam search does to them: batch on axis 0 of every tensor."""
    for layer, prepared in every_decoder(inputs, memory):
        _, _, cache = layer.step(inputs[:, 0], prepared, layer.initial_cache(prepared, 4), 0)
        expected, weights, _ = layer.step(inputs[:, 1], prepared, cache, 1)
        prepared, cache = (
            keras.tree.map_structure(lambda each: ops.take(each, rows, axis=0), tensors)
            for tensors in (prepared, cache)
        )
        found, found_weights, _ = layer.step(inputs[rows, 1], prepared, cache, 1)
        np.testing.assert_allclose(found, np.array(expected)[rows], atol=1e-5)
        if layer.attends:
            np.testing.assert_allclose(found_weights, np.array(weights)[rows], atol=1e-5)


@pytest.mark.parametrize(
    "make, letter",
    [
        (lambda: ContextDecoder(4, cell="gruu"), "Unknown cell. Expected 'gru'. Received: cell='gruu'"),
        (lambda: ContextDecoder(4, summary="least"), "Unknown summary. Expected 'last'. Received: summary="),
        (lambda: ContextDecoder(0), "units must be at least 1. Received: units=0"),
        (
            lambda: RecurrentDecoder(BahdanauCell(ElmanCell(4)), first_state="end"),
            "Expected 'ends'. Received: summary='end'",
        ),
        (
            lambda: RecurrentDecoder(keras.layers.GRUCell(4)),
            "cell must attend: a BahdanauCell",
        ),
        (lambda: TransformerDecoder(0, 2, 9), "num_layers must be at least 1. Received: num_layers=0"),
        (
            lambda: TransformerEncoder(1, 2, 9, positions="sines"),
            "Expected 'sinusoidal', 'learned', 'rotary' or 'none'. Received: positions='sines'",
        ),
        (
            lambda: ConvS2SEncoder(1, 4, positions="learned"),
            "say how many there are. Received: positions='learned', max_length=None",
        ),
        (lambda: ConvS2SEncoder(1, 4, positions="rotary"), "Unknown positions. Expected "),
        (lambda: ConvS2SDecoder(1, units=0), "units must be at least 1. Received: units=0"),
    ],
)
def test_what_cannot_be_is_refused(make, letter):
    with pytest.raises(ValueError) as error:
        make()
    assert letter in str(error.value)
