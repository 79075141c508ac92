"""Multi-head attention by NumPy loops, by Keras' and PyTorch's on copied weights, and by its letters."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import Attention, MultiHeadAttention, MultiHeadSelfAttention, RotaryPositions, recording
from keras_seq.layers.attention.scopes import WindowedScope
from tests.layers.letters import letter_of

QUERY_MASK = np.array([[True, True, False], [True, True, True]])
VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])


@pytest.fixture
def tensors(random):
    """query (2, 3, 8), value (2, 5, 6), key (2, 5, 4)."""
    shapes = {"query": (2, 3, 8), "value": (2, 5, 6), "key": (2, 5, 4)}
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


@pytest.fixture
def sequence(random):
    return random.normal(size=(2, 5, 8)).astype("float32")


def shaken(layer, random):
    """The layer with no weight at its first value, biases too."""
    layer.set_weights([each + 0.3 * random.normal(size=each.shape) for each in layer.get_weights()])
    return layer


def by_loops(layer, query, value, key, keep):
    """Context (B, T, O) and weights (B, H, T, S), one head and query at a time."""
    (wq, bq), (wk, bk), (wv, bv), (wo, bo) = (
        each.get_weights()
        for each in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    )
    (batch, queries, _), keys, heads = query.shape, key.shape[1], layer.num_heads
    dk, dv = wq.shape[1] // heads, wv.shape[1] // heads
    context, weights = np.zeros((batch, queries, wo.shape[1])), np.zeros((batch, heads, queries, keys))
    for b, t in np.ndindex(batch, queries):
        kept = [s for s in range(keys) if keep[b, t, s]]
        if not kept:
            continue
        joined = []
        for h in range(heads):
            k_columns, v_columns = slice(h * dk, (h + 1) * dk), slice(h * dv, (h + 1) * dv)
            q = query[b, t] @ wq[:, k_columns] + bq[k_columns]
            raw = {s: np.exp(q @ (key[b, s] @ wk[:, k_columns] + bk[k_columns]) / np.sqrt(dk)) for s in kept}
            head = np.zeros(dv)
            for s in kept:
                weights[b, h, t, s] = raw[s] / sum(raw.values())
                head += weights[b, h, t, s] * (value[b, s] @ wv[:, v_columns] + bv[v_columns])
            joined.append(head)
        context[b, t] = np.concatenate(joined) @ wo + bo
    return context, weights


def test_it_is_vaswanis_formula(tensors, random):
    layer = MultiHeadAttention(num_heads=2, key_dim=3, value_dim=5, output_dim=7)
    layer(**tensors)
    shaken(layer, random)
    pairs = random.random((2, 3, 5)) < 0.6
    pairs[1, 2] = False
    keep = pairs & QUERY_MASK[:, :, None] & VALUE_MASK[:, None]
    context, weights = layer(
        **tensors,
        query_mask=QUERY_MASK,
        value_mask=VALUE_MASK,
        attention_mask=pairs,
        return_attention_scores=True,
    )
    expected, expected_weights = by_loops(layer, tensors["query"], tensors["value"], tensors["key"], keep)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-6)
    np.testing.assert_allclose(context, expected, atol=1e-5)
    assert not np.array(context)[1, 2].any(), "a query with nothing to attend to gets zeros, no bias either"
    assert not np.array(weights)[0, :, 2].any(), "nor does a masked query attend"


def theirs_with_weights_of(ours, inputs, **arguments):
    """Keras' layer: the same weights, with an axis for the heads."""
    theirs = keras.layers.MultiHeadAttention(ours.num_heads, **arguments)
    theirs(**inputs)
    copied = zip(theirs.get_weights(), ours.get_weights(), strict=True)
    theirs.set_weights([mine.reshape(other.shape) for other, mine in copied])
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_it_is_keras_multi_head_attention_on_the_same_weights(tensors, random, causal, masked, bias):
    ours = MultiHeadAttention(num_heads=2, key_dim=3, value_dim=5, use_bias=bias)
    ours(**tensors)
    shaken(ours, random)
    theirs = theirs_with_weights_of(ours, tensors, key_dim=3, value_dim=5, use_bias=bias)
    options = {"use_causal_mask": causal, "return_attention_scores": True}
    if masked:
        some = random.random((2, 3, 5)) < 0.7
        some[:, :, 0] = True
        options |= {"value_mask": VALUE_MASK, "attention_mask": some}
    context, weights = ours(**tensors, **options)
    their_context, their_weights = theirs(**tensors, **options)
    assert weights.shape == their_weights.shape == (2, 2, 3, 5)
    np.testing.assert_allclose(weights, their_weights, atol=1e-6)
    np.testing.assert_allclose(context, their_context, atol=1e-5)
    plain = {name: value for name, value in options.items() if name != "return_attention_scores"}
    np.testing.assert_allclose(ours(**tensors, **plain), their_context, atol=1e-5)


def test_a_mask_for_each_head_is_keras(tensors, random):
    ours = MultiHeadAttention(num_heads=2, key_dim=3)
    ours(**tensors)
    theirs = theirs_with_weights_of(ours, tensors, key_dim=3)
    some = random.random((2, 2, 3, 5)) < 0.6
    some[..., 1] = True
    for mask, spread in (
        (some, some),
        (some[:1], some[:1]),
        (some[:, :1], some[:, :1]),
        (some[:, 0], some[:, :1]),
        (some[0, 0], some[:1, :1]),
    ):
        expected = theirs(**tensors, attention_mask=np.broadcast_to(spread, some.shape))
        np.testing.assert_allclose(ours(**tensors, attention_mask=mask), expected, atol=1e-5)


def test_gradients_are_keras_on_the_same_weights(tensors, random):
    tf = pytest.importorskip("tensorflow")
    ours = MultiHeadAttention(num_heads=2, key_dim=3)
    ours(**tensors)
    shaken(ours, random)
    theirs = theirs_with_weights_of(ours, tensors, key_dim=3)
    pull, found = random.normal(size=(2, 3, 8)).astype("float32"), []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(**tensors, value_mask=VALUE_MASK) * pull)
        found.append(tape.gradient(total, [weight.value for weight in layer.trainable_weights]))
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(np.ravel(mine), np.ravel(other), atol=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_it_is_torchs_multihead_attention_on_the_same_weights(tensors, random, causal):
    torch = pytest.importorskip("torch")
    ours = MultiHeadAttention(num_heads=2)
    ours(**tensors)
    shaken(ours, random)
    theirs = torch.nn.MultiheadAttention(8, 2, kdim=4, vdim=6, batch_first=True)
    projections = (ours.query_dense, ours.key_dense, ours.value_dense)
    with torch.no_grad():
        for name, dense in zip("qkv", projections, strict=True):
            getattr(theirs, f"{name}_proj_weight").copy_(torch.tensor(dense.kernel.numpy().T))
        theirs.in_proj_bias.copy_(torch.tensor(np.concatenate([dense.bias.numpy() for dense in projections])))
        theirs.out_proj.weight.copy_(torch.tensor(ours.output_dense.kernel.numpy().T))
        theirs.out_proj.bias.copy_(torch.tensor(ours.output_dense.bias.numpy()))
        drop = torch.tensor(~np.tril(np.ones((3, 5), "bool"))) if causal else None  # True drops there
        expected, expected_weights = theirs(
            *(torch.tensor(tensors[name]) for name in ("query", "key", "value")),
            key_padding_mask=torch.tensor(~VALUE_MASK),
            attn_mask=drop,
            average_attn_weights=False,
        )
    context, weights = ours(
        **tensors, value_mask=VALUE_MASK, use_causal_mask=causal, return_attention_scores=True
    )
    np.testing.assert_allclose(weights, expected_weights.numpy(), atol=1e-6)
    np.testing.assert_allclose(context, expected.numpy(), atol=1e-5)


def test_an_empty_row_gives_zeros_where_keras_gives_a_mean_of_the_padding(tensors, random):
    """A defect of Keras' layer: when this fails, take the note out of our docstring."""
    ours = MultiHeadAttention(num_heads=2, key_dim=3)
    ours(**tensors)
    shaken(ours, random)
    theirs = theirs_with_weights_of(ours, tensors, key_dim=3)
    keep = np.array([[False] * 5, [True] * 5])
    context = np.array(theirs(**tensors, value_mask=keep))
    evenly = np.array(ours.output_dense(ours.value_dense(tensors["value"][:1].mean(1))))
    np.testing.assert_allclose(context[0], np.tile(evenly, (3, 1)), atol=1e-5)  # over padding
    asked, _ = theirs(**tensors, value_mask=keep, return_attention_scores=True)
    assert np.abs(np.array(asked)[0] - context[0]).max() > 0.1, "and another answer with the weights"
    for with_weights in (False, True):
        answer = ours(**tensors, value_mask=keep, return_attention_scores=with_weights)
        found, weights = answer if with_weights else (answer, np.zeros((1, 1)))
        assert not np.array(found)[0].any() and not np.array(weights)[0].any()
        np.testing.assert_allclose(np.array(found)[1], context[1], atol=1e-5)


def test_a_query_that_its_scope_leaves_nothing_gives_zeros_too(random):
    query, value = random.normal(size=(1, 6, 4)), random.normal(size=(1, 3, 4))
    layer = MultiHeadAttention(2, scope=WindowedScope(before=1, after=0), bias_initializer="ones")
    context, weights = layer(query, value, return_attention_scores=True)
    plain = layer(query, value)
    for t in range(6):
        sees = t <= 3  # t - 1 or t is below 3
        assert np.array(context)[0, t].any() == np.array(plain)[0, t].any() == sees
        assert np.array(weights)[0, :, t].any() == sees


PARTS = [
    {"score": "dot"},
    {"score": "general"},
    {"score": "additive", "normalizer": "sparsemax"},
    {"score": "cosine", "normalizer": "relu"},
    {"scope": "causal"},
    {"scope": "windowed"},
    {"scope": "local_m"},
    {"scope": "local_p"},
    {"selection": "hard"},
]


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_each_head_is_an_attention_of_the_same_parts(tensors, random, parts):
    """Head by head: `Attention` over the columns that the head has of each projection."""
    layer = MultiHeadAttention(num_heads=2, key_dim=3, **parts)
    layer(**tensors)
    shaken(layer, random)
    masks = {"value_mask": VALUE_MASK, "attention_mask": np.array(random.random((2, 3, 5)) < 0.8)}
    masks["attention_mask"][:, :, 0] = True
    context, weights = layer(**tensors, **masks, return_attention_scores=True)
    query, value, key = (
        np.array(dense(tensors[name]))
        for name, dense in (
            ("query", layer.query_dense),
            ("value", layer.value_dense),
            ("key", layer.key_dense),
        )
    )
    heads = []
    for h in range(2):
        columns = slice(3 * h, 3 * h + 3)
        one = Attention(**parts)
        one(query[..., columns], value[..., columns], key[..., columns])
        one.set_weights(layer.attention.get_weights())
        head, head_weights = one(
            query[..., columns], value[..., columns], key[..., columns], **masks, return_attention_scores=True
        )
        np.testing.assert_allclose(np.array(weights)[:, h], head_weights, atol=1e-6)
        heads.append(np.array(head))
    expected = np.array(layer.output_dense(np.concatenate(heads, axis=-1)))
    attends = np.array(weights).any(axis=(1, 3))
    np.testing.assert_allclose(np.array(context)[attends], expected[attends], atol=1e-5)


def test_the_keys_bias_shifts_all_scores_alike_and_every_other_weight_learns(tensors, random):
    tf = pytest.importorskip("tensorflow")
    layer = MultiHeadAttention(num_heads=2, key_dim=3)
    layer(**tensors)
    shaken(layer, random)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(**tensors, value_mask=VALUE_MASK) ** 2)
    weights = {weight.path: weight.value for weight in layer.trainable_weights}
    for path, gradient in tape.gradient(total, weights).items():
        learns = float(np.abs(gradient).max()) > 1e-3
        assert learns != path.endswith("key/bias"), path


def test_self_attention_is_attention_of_a_sequence_to_itself(sequence):
    layer = MultiHeadSelfAttention(num_heads=2)
    both = MultiHeadAttention(num_heads=2)
    layer(sequence), both(sequence, sequence)
    both.set_weights(layer.get_weights())
    some = np.tril(np.ones((5, 5), "bool"))[None]
    found = layer(sequence, mask=VALUE_MASK, attention_mask=some)
    expected = both(sequence, sequence, query_mask=VALUE_MASK, value_mask=VALUE_MASK, attention_mask=some)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    causal = MultiHeadSelfAttention(num_heads=2, scope="causal")
    causal(sequence)
    causal.set_weights(layer.get_weights())
    np.testing.assert_allclose(causal(sequence, mask=VALUE_MASK), expected, atol=1e-6)


def test_rotary_positions_turn_queries_and_keys_of_each_head(sequence, random):
    layer = MultiHeadSelfAttention(num_heads=2, rotary=True)
    layer(sequence)
    shaken(layer, random)
    _, weights = layer(sequence, return_attention_scores=True)
    rotary = RotaryPositions()
    for h in range(2):
        columns = slice(4 * h, 4 * h + 4)
        query = np.array(rotary(np.array(layer.query_dense(sequence))[..., columns]))
        key = np.array(rotary(np.array(layer.key_dense(sequence))[..., columns]))
        raw = np.exp(query @ key.swapaxes(1, 2) / 2)
        np.testing.assert_allclose(np.array(weights)[:, h], raw / raw.sum(-1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("scope", ["causal", WindowedScope(before=1, after=0)])
@pytest.mark.parametrize("rotary", [False, True])
def test_steps_with_a_cache_see_what_the_whole_sequence_shows_them(sequence, scope, rotary):
    layer = MultiHeadSelfAttention(num_heads=2, scope=scope, rotary=rotary)
    whole, weights = (np.array(each) for each in layer(sequence, return_attention_scores=True))
    cache = layer.initial_cache(2, max_length=7)
    assert [each.shape for each in cache] == [(2, 2, 7, 4)] * 2
    for t in range(5):
        step = ops.convert_to_tensor(t, "int32") if t % 2 else t
        output, row, cache = layer(
            sequence[:, t : t + 1], cache=cache, step=step, return_attention_scores=True
        )
        np.testing.assert_allclose(np.array(output)[:, 0], whole[:, t], atol=1e-5)
        np.testing.assert_allclose(np.array(row)[:, :, 0, :5], weights[:, :, t], atol=1e-5)
        assert not np.array(row)[:, :, 0, 5:].any()


def test_with_a_cache_no_step_sees_what_is_not_written_yet_whatever_the_scope(sequence):
    layer, causal = MultiHeadSelfAttention(2), MultiHeadSelfAttention(2, scope="causal")
    layer(sequence), causal(sequence)
    causal.set_weights(layer.get_weights())
    output, weights, _ = layer(
        sequence[:, :1], cache=layer.initial_cache(2, 5), step=0, return_attention_scores=True
    )
    np.testing.assert_allclose(np.array(output)[:, 0], np.array(causal(sequence))[:, 0], atol=1e-5)
    assert not np.array(weights)[..., 1:].any()


def test_a_cache_is_for_one_step_that_has_room_in_it(sequence):
    layer = MultiHeadSelfAttention(2, scope="causal")
    layer(sequence)
    one, cache = sequence[:, :1], layer.initial_cache(2, 5)
    together = "A cache and the step that it is for go together. Received: "
    assert together + "a cache, step=None" in letter_of(layer, one, cache=cache)
    assert together + "cache=None, step=3" in letter_of(layer, one, step=3)
    assert (
        "With a cache, steps come one by one: inputs must be of shape (batch, 1, width). "
        "Received: inputs of shape (2, 2, 8)"
    ) in letter_of(layer, sequence[:, :2], cache=cache, step=0)
    for step in (5, -1):
        assert f"The cache has room for 5 steps, from 0 on. Received: step={step}. " in letter_of(
            layer, one, cache=cache, step=step
        )


def test_a_step_learns_through_its_cache(sequence):
    tf = pytest.importorskip("tensorflow")
    layer = MultiHeadSelfAttention(num_heads=2, scope="causal")
    layer(sequence)
    inputs = tf.constant(sequence)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        cache = layer.initial_cache(2, 5)
        for t in range(3):
            output, cache = layer(inputs[:, t : t + 1], cache=cache, step=t)
        total = tf.reduce_sum(output**2)
    by_steps = tape.gradient(total, inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(layer(inputs[:, :3])[:, 2] ** 2)
    np.testing.assert_allclose(by_steps, tape.gradient(total, inputs), atol=1e-5)


def test_the_weights_of_all_heads_are_reported_once_a_call(tensors, sequence):
    heard = []
    layers = MultiHeadAttention(num_heads=2), MultiHeadSelfAttention(num_heads=4)
    with recording.recorded(lambda layer, weights: heard.append((layer, tuple(weights.shape)))):
        layers[0](**tensors)
        layers[1](sequence)
    assert heard == [(layers[0], (2, 2, 3, 5)), (layers[1], (2, 4, 5, 5))]


def test_one_initializer_gives_each_projection_numbers_of_its_own(sequence):
    layer = MultiHeadSelfAttention(2, kernel_initializer=keras.initializers.RandomNormal())
    layer(sequence)
    kernels = [
        each.kernel.numpy()
        for each in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    ]
    assert len({kernel.tobytes() for kernel in kernels}) == 4


def test_heads_that_do_not_divide_the_width_are_told_in_one_sentence(tensors, sequence):
    letter = letter_of(MultiHeadAttention(3), tensors["query"], tensors["value"])
    assert letter.startswith(
        "num_heads must divide the query's width, or key_dim say how wide a head is. "
        "Received: num_heads=3, query of shape (2, 3, 8)"
    )
    assert "num_heads must divide" in letter_of(MultiHeadSelfAttention(3), sequence)


@pytest.mark.parametrize(
    ("name", "none"),
    [
        ("key_dim", "a head's share of the query's width"),
        ("value_dim", "key_dim"),
        ("output_dim", "the query's width"),
    ],
)
def test_a_width_below_one_is_refused(name, none):
    letter = letter_of(MultiHeadAttention, 2, **{name: 0})
    assert letter == f"{name} must be at least 1, or None for {none}. Received: {name}=0"


@pytest.mark.parametrize("num_heads", [0, None])
def test_less_than_one_head_is_refused(num_heads):
    letter = letter_of(MultiHeadAttention, num_heads)
    assert letter == f"num_heads must be at least 1. Received: num_heads={num_heads}"


@pytest.mark.parametrize("name", ["query", "value", "key"])
def test_a_tensor_of_the_wrong_rank_is_named_with_its_shape(tensors, name):
    call = {**tensors, name: tensors[name][:, 0]}
    expected = (
        f"{name} must be of rank 3: (batch, length, width). Received: {name} of shape {call[name].shape}"
    )
    assert letter_of(MultiHeadAttention(2), **call).startswith(expected)


def test_wrong_inputs_of_self_attention_are_told_by_their_name(sequence):
    letter = letter_of(MultiHeadSelfAttention(2), sequence[:, 0])
    assert letter.startswith(
        "inputs must be of rank 3: (batch, length, width). Received: inputs of shape (2, 8)"
    )
    letter = letter_of(MultiHeadSelfAttention(2, key_dim=3, rotary=True), sequence)
    assert "of an even width" in letter


def test_more_values_than_keys_are_told_both_shapes(tensors):
    letter = letter_of(MultiHeadAttention(2), tensors["query"], tensors["value"], tensors["key"][:, :4])
    assert letter.startswith(
        "Every value needs its key: both must be equally long. "
        "Received: value of shape (2, 5, 6), key of shape (2, 4, 4)"
    )


@pytest.mark.parametrize("name", ["query_mask", "value_mask", "key_mask", "attention_mask"])
def test_a_float_mask_is_refused_by_name(tensors, name):
    shapes = {"query_mask": (2, 3), "value_mask": (2, 5), "key_mask": (2, 5), "attention_mask": (2, 3, 5)}
    letter = letter_of(MultiHeadAttention(2), **tensors, **{name: np.ones(shapes[name], "float32")})
    assert f"A mask is boolean, True = keep. Received: {name} of dtype float32" in letter


def test_an_unknown_part_is_told_the_nearest_that_exist():
    assert "Unknown attention scope. Expected 'causal'" in letter_of(MultiHeadAttention, 2, scope="casual")
    assert "dropout is a fraction" in letter_of(MultiHeadAttention, 2, dropout=1)
