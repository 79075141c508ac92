"""Recurrent attention: by NumPy loops, by Keras' cells and our attention called by hand, and on a toy."""

import keras
import numpy as np
import pytest

from keras_seq.layers import (
    Attention,
    AttentionRNN,
    BahdanauCell,
    CoverageAttention,
    ElmanCell,
    JordanCell,
    LuongCell,
    MonotonicAttention,
    choosing,
    recording,
)
from keras_seq.layers.attention.scopes import LocalMonotonicScope

INPUTS_MASK = np.array([[True, True, False], [True, True, True]])
MEMORY_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
CELLS = {
    "lstm": lambda: keras.layers.LSTMCell(4),
    "gru": lambda: keras.layers.GRUCell(4),
    "simple": lambda: keras.layers.SimpleRNNCell(4),
    "elman": lambda: ElmanCell(4),
    "jordan": lambda: JordanCell(8, 4),
    "stacked": lambda: keras.layers.StackedRNNCells([keras.layers.LSTMCell(9), keras.layers.GRUCell(4)]),
}


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 3, 7)).astype("float32")


@pytest.fixture
def memory(random):
    return random.normal(size=(2, 5, 6)).astype("float32")


def with_new_numbers(layer, random):
    for weight in layer.trainable_weights:
        weight.assign(0.5 * random.normal(size=weight.shape))
    return {weight.path.split("/", 1)[-1]: weight.numpy() for weight in layer.trainable_weights}


def softmax(scores):
    exponentials = {s: np.exp(score) for s, score in scores.items()}
    return {s: each / sum(exponentials.values()) for s, each in exponentials.items()}


def test_bahdanaus_cell_is_the_papers_formula(inputs, memory, random):
    layer = AttentionRNN(BahdanauCell(ElmanCell(4), "additive", output_context=True))
    layer(inputs, memory)
    with_new_numbers(layer, random)
    cell, score = layer.cell.cell, layer.cell.attention.score
    w, r, b = (each.numpy() for each in (cell.kernel, cell.recurrent_kernel, cell.bias))
    w_q, w_k, v = (each.numpy() for each in (score.query_kernel, score.key_kernel, score.v))
    expected, expected_weights = np.zeros((2, 3, 4 + 6)), np.zeros((2, 3, 5))
    for i in range(2):
        h = np.zeros(4)
        for t in range(3):
            kept = [s for s in range(5) if MEMORY_MASK[i, s]]
            found = softmax({s: v @ np.tanh(h @ w_q + memory[i, s] @ w_k) for s in kept})
            context = sum(found[s] * memory[i, s] for s in kept)
            h = np.tanh(np.concatenate([inputs[i, t], context]) @ w + h @ r + b)
            expected[i, t] = np.concatenate([h, context])
            expected_weights[i, t, kept] = [found[s] for s in kept]
    outputs, weights = layer(inputs, memory, memory_mask=MEMORY_MASK, return_attention_scores=True)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)


@pytest.mark.parametrize("input_feeding", [True, False])
def test_luongs_cell_is_the_papers_formula(input_feeding, inputs, memory, random):
    layer = AttentionRNN(LuongCell(ElmanCell(4), "general", units=9, input_feeding=input_feeding))
    layer(inputs, memory)
    with_new_numbers(layer, random)
    cell, w_c = layer.cell.cell, layer.cell.answer.kernel.numpy()
    w, r, b = (each.numpy() for each in (cell.kernel, cell.recurrent_kernel, cell.bias))
    w_a = layer.cell.attention.score.kernel.numpy()
    expected, expected_weights = np.zeros((2, 3, 9)), np.zeros((2, 3, 5))
    for i in range(2):
        h, answer = np.zeros(4), np.zeros(9)
        for t in range(3):
            read = np.concatenate([inputs[i, t], answer]) if input_feeding else inputs[i, t]
            h = np.tanh(read @ w + h @ r + b)
            kept = [s for s in range(5) if MEMORY_MASK[i, s]]
            found = softmax({s: h @ w_a @ memory[i, s] for s in kept})
            context = sum(found[s] * memory[i, s] for s in kept)
            expected[i, t] = answer = np.tanh(np.concatenate([context, h]) @ w_c)
            expected_weights[i, t, kept] = [found[s] for s in kept]
    outputs, weights = layer(inputs, memory, memory_mask=MEMORY_MASK, return_attention_scores=True)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)


def by_hand(layer, inputs, memory):
    """Keras' cell and our attention layer, called one after the other, for every step."""
    outer = layer.cell
    states = outer.cell.get_initial_state(len(inputs))
    answer = np.zeros((len(inputs), outer.output_size), "float32")
    outputs = []

    def attended(query, t):
        return outer.attention(
            query[:, None], memory, value_mask=MEMORY_MASK, query_positions=np.array([t], "int32")
        )[:, 0]

    def last_output():
        last = states[-1] if isinstance(outer.cell, keras.layers.StackedRNNCells) else states[0]
        return np.array(last[0] if isinstance(last, (list, tuple)) else last)

    for t in range(inputs.shape[1]):
        if isinstance(outer, BahdanauCell):
            read = np.concatenate([inputs[:, t], attended(last_output(), t)], axis=-1)
            output, states = outer.cell(read, states)
        else:
            output, states = outer.cell(np.concatenate([inputs[:, t], answer], axis=-1), states)
            output = np.array(output)
            output = answer = np.array(outer.answer(np.concatenate([attended(output, t), output], axis=-1)))
        outputs.append(output)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("outer", [BahdanauCell, LuongCell])
@pytest.mark.parametrize("cell", CELLS)
def test_any_cell_steps_as_it_does_by_hand(cell, outer, inputs, memory, random):
    layer = AttentionRNN(outer(CELLS[cell](), "additive"))
    layer(inputs, memory)
    with_new_numbers(layer, random)
    outputs = layer(inputs, memory, memory_mask=MEMORY_MASK)
    np.testing.assert_allclose(outputs, by_hand(layer, inputs, memory), atol=1e-5)


@pytest.mark.parametrize("outer", [BahdanauCell, LuongCell])
@pytest.mark.parametrize(
    "attention",
    [
        {"score": "general", "scope": "local_p"},
        {"score": "concat", "scope": LocalMonotonicScope(1)},
        {"score": "location", "normalizer": "sparsemax"},
        {"score": "additive", "selection": "hard"},
    ],
    ids=lambda parts: " ".join(map(str, parts.values())),
)
def test_any_parts_attend_as_the_attention_layer_does(attention, outer, inputs, memory, random):
    layer = AttentionRNN(outer(ElmanCell(4), Attention(**attention)))
    layer(inputs, memory)
    with_new_numbers(layer, random)
    outputs = layer(inputs, memory, memory_mask=MEMORY_MASK)
    np.testing.assert_allclose(outputs, by_hand(layer, inputs, memory), atol=1e-5)


ATTENTIONS = {
    "additive": lambda: "additive",
    "local_m": lambda: Attention("general", scope=LocalMonotonicScope(1)),
    "coverage": lambda: CoverageAttention(),
    "monotonic": lambda: MonotonicAttention(),
}


@pytest.mark.parametrize("outer", [BahdanauCell, LuongCell])
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_decoder_that_steps_gets_what_the_whole_sequence_gives(attention, outer, inputs, memory, random):
    layer = AttentionRNN(outer(keras.layers.LSTMCell(4), ATTENTIONS[attention]()), return_state=True)
    layer(inputs, memory)
    with_new_numbers(layer, random)
    *whole, weights = layer(inputs, memory, memory_mask=MEMORY_MASK, return_attention_scores=True)
    prepared = layer.cell.prepare(memory, MEMORY_MASK)
    states = layer.cell.get_initial_state(prepared)
    for t in range(3):
        output, found, states = layer.cell.step(inputs[:, t], states, prepared)
        np.testing.assert_allclose(output, whole[0][:, t], atol=1e-6)
        np.testing.assert_allclose(found, weights[:, t], atol=1e-6)
    for stepped, last in zip(keras.tree.flatten(states), whole[1:], strict=True):
        np.testing.assert_allclose(stepped, last, atol=1e-6)


def test_keys_are_projected_once_a_call(inputs, memory, monkeypatch):
    layer = AttentionRNN(BahdanauCell(keras.layers.GRUCell(4)))
    layer(inputs, memory)
    score, calls = layer.cell.attention.score, []
    prepare = score.prepare
    monkeypatch.setattr(score, "prepare", lambda key: calls.append(key.shape) or prepare(key))
    layer(inputs, memory)
    assert calls == [memory.shape]


def test_in_a_graph_no_product_with_the_keys_stands_in_the_loop(inputs, memory):
    import tensorflow as tf

    layer = AttentionRNN(BahdanauCell(keras.layers.GRUCell(4), Attention("additive")))
    layer(inputs, memory)
    graph = (
        tf.function(layer).get_concrete_function(tf.TensorSpec((2, None, 7)), tf.TensorSpec((2, 5, 6))).graph
    )

    def products(graph):
        return sum("MatMul" in node.type for node in graph.get_operations())

    (body,) = [
        graph._get_function(node.get_attr("body").name)
        for node in graph.get_operations()
        if node.type in ("While", "StatelessWhile")
    ]
    # Query · W_q, weights · value, and the two products of a GRU (hidden · v is a sum of products).
    assert products(body.graph) == 4


def test_unrolled_it_gives_the_same(inputs, memory):
    loop = AttentionRNN(LuongCell(keras.layers.GRUCell(4)))
    unrolled = AttentionRNN(LuongCell(keras.layers.GRUCell(4)), unroll=True)
    masks = {"inputs_mask": INPUTS_MASK, "memory_mask": MEMORY_MASK}
    loop(inputs, memory), unrolled(inputs, memory)
    unrolled.set_weights(loop.get_weights())
    np.testing.assert_allclose(unrolled(inputs, memory, **masks), loop(inputs, memory, **masks), atol=1e-6)


def test_the_last_output_and_the_states_are_those_of_the_last_kept_step(inputs, memory):
    whole = AttentionRNN(LuongCell(keras.layers.LSTMCell(4)), return_state=True)
    last = AttentionRNN(LuongCell(keras.layers.LSTMCell(4)), return_sequences=False)
    outputs, h, c, answer = whole(inputs, memory, inputs_mask=INPUTS_MASK)
    last(inputs, memory)
    last.set_weights(whole.get_weights())
    np.testing.assert_array_equal(outputs[0, 2], np.zeros(4))
    np.testing.assert_allclose(answer, [outputs[0, 1], outputs[1, 2]], atol=1e-6)
    np.testing.assert_allclose(last(inputs, memory, inputs_mask=INPUTS_MASK), answer, atol=1e-6)
    shorter = whole(inputs[:1, :2], memory[:1])
    np.testing.assert_allclose([h[0], c[0]], [shorter[1][0], shorter[2][0]], atol=1e-6)


def test_an_encoders_state_begins_it_and_its_own_states_continue_it(inputs, memory, random):
    layer = AttentionRNN(LuongCell(keras.layers.LSTMCell(4), CoverageAttention()), return_state=True)
    encoder_states = [random.normal(size=(2, 4)).astype("float32") for _ in range(2)]
    whole, *_ = layer(inputs, memory, initial_state=encoder_states)
    first, *states = layer(inputs[:, :1], memory, initial_state=encoder_states)
    rest, *_ = layer(inputs[:, 1:], memory, initial_state=states)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), whole, atol=1e-6)
    assert not np.allclose(whole, layer(inputs, memory)[0], atol=1e-3)


def test_weights_are_reported_once_a_call_by_the_layer(inputs, memory):
    layer = AttentionRNN(BahdanauCell(keras.layers.GRUCell(4), CoverageAttention()))
    heard = []
    with recording.recorded(lambda *report: heard.append(report)):
        layer(inputs, memory)
    ((reporter, weights),) = heard
    assert reporter is layer
    _, expected = layer(inputs, memory, return_attention_scores=True)
    np.testing.assert_array_equal(weights, expected)


def test_dropout_of_the_attention_drops_the_same_keys_at_every_step(inputs, memory):
    attention = Attention("additive", dropout=0.5, seed=2)
    layer = AttentionRNN(BahdanauCell(ElmanCell(4), attention, output_context=True))
    outputs, weights = layer(inputs, memory, return_attention_scores=True, training=True)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1.0, atol=1e-6)
    weights, contexts = np.array(weights), np.array(outputs)[..., 4:]
    for i in range(2):
        # 0 or 2 for each key, the same for all steps: three contexts of six numbers each tell.
        mixed = np.concatenate([(weights[i, t][:, None] * memory[i]).T for t in range(3)])
        factors = np.linalg.lstsq(mixed, contexts[i].ravel(), rcond=None)[0]
        np.testing.assert_allclose(factors * (factors - 2), 0.0, atol=1e-3)
    assert np.allclose(*[layer(inputs, memory, training=False) for _ in range(2)])


def test_hard_selection_in_training_draws_anew_for_every_step(inputs, memory):
    layer = AttentionRNN(BahdanauCell(ElmanCell(4), Attention("additive", selection="hard", seed=1)))
    steps = np.zeros((2, 40, 7), "float32")

    def chosen():
        with choosing.by(choosing.Drawing()):
            return np.array(layer(steps, memory, return_attention_scores=True, training=True)[1])

    first, second = chosen(), chosen()
    np.testing.assert_array_equal(np.sort(first, axis=-1), np.eye(1, 5, 4)[None].repeat(2, 0).repeat(40, 1))
    assert (first != first[:, :1]).any() and (first != second).any()
    assert first.mean(1).max() < 0.8, "by weights that are far from certain"


def test_the_loss_of_coverage_is_added_once_a_call(inputs, memory):
    layer = AttentionRNN(BahdanauCell(ElmanCell(4), CoverageAttention(loss_weight=3.0)))
    _, weights = layer(inputs, memory, inputs_mask=INPUTS_MASK, return_attention_scores=True)
    weights, repeated = np.array(weights), 0.0
    for i in range(2):
        covered = np.zeros(5)
        for t in range(3):
            repeated += np.minimum(weights[i, t], covered).sum()
            covered += weights[i, t]
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 3.0 * repeated / INPUTS_MASK.sum(), rtol=1e-5)


@pytest.mark.parametrize("outer, jit_compile", [(LuongCell, False), (BahdanauCell, True)])
def test_it_learns_to_reverse(outer, jit_compile):
    """Symbol by symbol from the last to the first, out of a memory of symbols with their places."""
    keras.utils.set_random_seed(1)
    symbols = np.random.default_rng(0).integers(1, 9, size=(512, 5))
    target = symbols[:, ::-1]
    given = np.concatenate([np.zeros((512, 1), int), target[:, :-1]], axis=1)

    source_ids, target_ids = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
    source = keras.layers.Embedding(45, 16)(source_ids)
    words = keras.layers.Embedding(9, 8)(target_ids)
    attending = outer(keras.layers.GRUCell(24), "additive")
    logits = keras.layers.Dense(9)(AttentionRNN(attending)(words, source))
    model = keras.Model([source_ids, target_ids], logits)
    model.compile(
        keras.optimizers.Adam(0.03),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit_compile,
    )
    history = model.fit(
        [symbols + 9 * np.arange(5), given], target, batch_size=64, epochs=10, verbose=0
    ).history["loss"]
    assert history[0] > 1.5 and history[-1] < 0.5, history


@pytest.mark.parametrize("attention", ["additive", "concat", "location", "local_p", "coverage", "monotonic"])
def test_it_trains_under_xla_on_batches_of_any_size(attention, inputs, memory):
    kinds = {"coverage": CoverageAttention, "monotonic": MonotonicAttention}
    kinds["local_p"] = lambda: Attention(scope="local_p", score="general")
    attention = kinds[attention]() if attention in kinds else attention
    words, states = keras.Input(inputs.shape[1:]), keras.Input(memory.shape[1:])
    outputs = AttentionRNN(BahdanauCell(ElmanCell(4), attention))(words, states)
    model = keras.Model([words, states], outputs)
    model.compile("sgd", "mse", jit_compile=True)
    loss = model.fit([inputs, memory], np.zeros((*inputs.shape[:2], 4)), verbose=0).history["loss"]
    assert np.isfinite(loss).all()


def letter_of(function, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)


def test_what_is_no_cell_is_refused():
    letter = letter_of(BahdanauCell, 4)
    assert letter == (
        "cell must be a recurrent cell, as keras.layers.LSTMCell is: callable, with a state_size. "
        "Received: cell=4"
    )
    assert letter_of(BahdanauCell, keras.layers.GRU(4)).startswith("cell must be a recurrent cell, ")
    letter = letter_of(AttentionRNN, keras.layers.GRUCell(4))
    assert letter.startswith("cell must attend: a BahdanauCell or a LuongCell around your cell. Received: ")


def test_units_below_one_are_refused():
    letter = letter_of(LuongCell, ElmanCell(4), units=0)
    assert letter == "units must be at least 1, or None for the cell's width. Received: units=0"


def test_states_that_fit_neither_cell_are_counted(inputs, memory):
    layer = AttentionRNN(LuongCell(keras.layers.LSTMCell(4)))
    letter = letter_of(layer, inputs, memory, initial_state=[np.zeros((2, 4), "float32")])
    assert (
        "initial_state holds the 2 states of the inner cell, or all 3 that return_state gives. "
        "Received: 1 states" in letter
    )


@pytest.mark.parametrize("name", ["inputs", "memory"])
def test_a_tensor_of_the_wrong_rank_is_named_with_its_shape(name, inputs, memory):
    call = {"inputs": inputs, "memory": memory}
    call[name] = call[name][:, 0]
    letter = letter_of(AttentionRNN(BahdanauCell(ElmanCell(4))), **call)
    assert f"{name} must be of rank 3: (batch, length, width). Received: {name} of shape" in letter


@pytest.mark.parametrize("name", ["inputs_mask", "memory_mask"])
def test_a_float_mask_is_refused_by_name(name, inputs, memory):
    mask = {"inputs_mask": INPUTS_MASK, "memory_mask": MEMORY_MASK}[name].astype("float32")
    letter = letter_of(AttentionRNN(BahdanauCell(ElmanCell(4))), inputs, memory, **{name: mask})
    assert f"A mask is boolean, True = keep. Received: {name} of dtype float32." in letter
