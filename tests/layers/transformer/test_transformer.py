"""Transformer blocks by PyTorch's on copied weights, by NumPy, step by step, and by their letters."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_seq.layers import TransformerDecoderBlock, TransformerEncoderBlock
from keras_seq.layers.attention.scopes import WindowedScope
from keras_seq.models import attention_scores
from tests.layers.letters import letter_of

MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
SOURCE_MASK = np.array([[True] * 6, [True] * 4 + [False] * 2])


@pytest.fixture
def inputs(random):
    return random.normal(size=(2, 5, 8)).astype("float32")


@pytest.fixture
def source(random):
    return random.normal(size=(2, 6, 8)).astype("float32")


def shaken(layer, random):
    """The layer with no weight at its first value, biases too."""
    layer.set_weights([each + 0.3 * random.normal(size=each.shape) for each in layer.get_weights()])
    return layer


def copy_to_torch(block, theirs):
    """Puts the weights of a block into PyTorch's layer of the same kind."""
    torch = pytest.importorskip("torch")

    def put(parameter, array):
        with torch.no_grad():
            parameter.copy_(torch.tensor(array))

    def put_dense(linear, dense):
        put(linear.weight, dense.kernel.numpy().T)
        put(linear.bias, dense.bias.numpy())

    pairs = {"self_attn": block.self_attention}
    if isinstance(block, TransformerDecoderBlock):
        pairs["multihead_attn"] = block.attention
    for name, ours in pairs.items():
        attention = getattr(theirs, name)
        projections = (ours.query_dense, ours.key_dense, ours.value_dense)
        put(attention.in_proj_weight, np.concatenate([each.kernel.numpy().T for each in projections]))
        put(attention.in_proj_bias, np.concatenate([each.bias.numpy() for each in projections]))
        put_dense(attention.out_proj, ours.output_dense)
    put_dense(theirs.linear1, block.inner_dense)
    put_dense(theirs.linear2, block.outer_dense)
    for number, norm in enumerate(block.norms, start=1):
        put(getattr(theirs, f"norm{number}").weight, norm.gamma.numpy())
        put(getattr(theirs, f"norm{number}").bias, norm.beta.numpy())
    return theirs.eval()


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_the_encoder_block_is_torchs_on_the_same_weights(inputs, random, norm_first, activation, causal):
    torch = pytest.importorskip("torch")
    scope = "causal" if causal else "global"
    ours = TransformerEncoderBlock(
        2, 11, activation=activation, norm_first=norm_first, dropout=0.1, scope=scope
    )
    ours(inputs)
    shaken(ours, random)
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 11, activation=activation, norm_first=norm_first, batch_first=True
    )
    copy_to_torch(ours, theirs)
    drop = torch.tensor(~np.tril(np.ones((5, 5), "bool"))) if causal else None  # True drops there
    with torch.no_grad():
        expected = theirs(torch.tensor(inputs), src_mask=drop, src_key_padding_mask=torch.tensor(~MASK))
    found = np.array(ours(inputs, mask=MASK))
    np.testing.assert_allclose(found[MASK], expected.numpy()[MASK], atol=2e-5)
    assert not found[~MASK].any()


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_the_decoder_block_is_torchs_on_the_same_weights(inputs, source, random, norm_first, activation):
    torch = pytest.importorskip("torch")
    ours = TransformerDecoderBlock(2, 11, activation=activation, norm_first=norm_first, dropout=0.1)
    ours(inputs, source)
    shaken(ours, random)
    theirs = torch.nn.TransformerDecoderLayer(
        8, 2, 11, activation=activation, norm_first=norm_first, batch_first=True
    )
    copy_to_torch(ours, theirs)
    with torch.no_grad():
        expected = theirs(
            torch.tensor(inputs),
            torch.tensor(source),
            tgt_mask=torch.tensor(~np.tril(np.ones((5, 5), "bool"))),
            tgt_key_padding_mask=torch.tensor(~MASK),
            memory_key_padding_mask=torch.tensor(~SOURCE_MASK),
        ).numpy()
    found = np.array(ours(inputs, source, inputs_mask=MASK, value_mask=SOURCE_MASK))
    np.testing.assert_allclose(found[MASK], expected[MASK], atol=2e-5)
    assert not found[~MASK].any()


def normed(states, norm, epsilon):
    """Layer normalization, one step at a time."""
    out = np.zeros_like(states)
    for place in np.ndindex(states.shape[:-1]):
        step = states[place]
        out[place] = (step - step.mean()) / np.sqrt(step.var() + epsilon) * norm.gamma.numpy()
        out[place] += norm.beta.numpy()
    return out


@pytest.mark.parametrize("norm_first", [False, True])
def test_sublayers_stand_where_the_formula_puts_them(inputs, source, random, norm_first):
    block = TransformerDecoderBlock(2, 11, norm_first=norm_first, epsilon=1e-3)
    block(inputs, source)
    shaken(block, random)

    def feed_forward(states):
        (w_1, b_1), (w_2, b_2) = block.inner_dense.get_weights(), block.outer_dense.get_weights()
        return np.maximum(states @ w_1 + b_1, 0) @ w_2 + b_2

    sublayers = (
        lambda states: np.array(block.self_attention(states)),
        lambda states: np.array(block.attention(states, source)),
        feed_forward,
    )
    states = inputs
    for sublayer, norm in zip(sublayers, block.norms, strict=True):
        if norm_first:
            states = states + sublayer(normed(states, norm, 1e-3))
        else:
            states = normed(states + sublayer(states), norm, 1e-3)
    np.testing.assert_allclose(block(inputs, source), states, atol=1e-5)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("rotary", [False, True])
def test_a_decoder_gives_step_by_step_what_it_gives_at_once(inputs, source, random, norm_first, rotary):
    block = TransformerDecoderBlock(2, 11, norm_first=norm_first, rotary=rotary)
    block(inputs, source)
    shaken(block, random)
    whole = [
        np.array(each) for each in block(inputs, source, value_mask=SOURCE_MASK, return_attention_scores=True)
    ]
    cache = block.initial_cache(source, max_length=7)
    for t in range(5):
        output, past, across, cache = block(
            inputs[:, t : t + 1],
            value_mask=SOURCE_MASK,
            cache=cache,
            step=ops.convert_to_tensor(t, "int32"),
            return_attention_scores=True,
        )
        np.testing.assert_allclose(np.array(output)[:, 0], whole[0][:, t], atol=1e-5)
        np.testing.assert_allclose(np.array(past)[:, :, 0, :5], whole[1][:, :, t], atol=1e-5)
        np.testing.assert_allclose(np.array(across)[:, :, 0], whole[2][:, :, t], atol=1e-5)


def test_a_step_in_a_compiled_loop_gives_the_same(inputs, source, random):
    """The whole decoding loop as one graph: the cache goes round as states do, `step` is a tensor."""
    tf = pytest.importorskip("tensorflow")
    block = TransformerDecoderBlock(2, 11, rotary=True)
    whole = np.array(block(inputs, source))

    @tf.function(jit_compile=True)
    def decode(inputs, source):
        def body(step, cache, outputs):
            one = ops.slice(inputs, (0, step, 0), (2, 1, 8))
            output, cache = block(one, cache=cache, step=step)
            return step + 1, cache, ops.slice_update(outputs, (0, step, 0), output)

        start = (0, block.initial_cache(source, 5), ops.zeros((2, 5, 8)))
        return ops.while_loop(lambda step, *_: step < 5, body, start)[-1]

    np.testing.assert_allclose(decode(tf.constant(inputs), tf.constant(source)), whole, atol=1e-5)


def test_rows_of_a_cache_can_be_reordered_as_a_beam_search_does(inputs, source):
    block = TransformerDecoderBlock(2, 11)
    block(inputs, source)
    cache = block.initial_cache(source, 5)
    _, cache = block(inputs[:, :1], cache=cache, step=0)
    crossed = keras.tree.map_structure(lambda each: ops.take(each, [1, 0], axis=0), cache)
    straight, _ = block(inputs[:, 1:2], cache=cache, step=1)
    swapped, _ = block(inputs[::-1, 1:2].copy(), cache=crossed, step=1)
    np.testing.assert_allclose(np.array(swapped)[::-1], straight, atol=1e-6)


@pytest.mark.parametrize("scope", ["causal", WindowedScope(before=2, after=0)])
def test_a_language_model_block_steps_with_its_own_cache(inputs, scope):
    block = TransformerEncoderBlock(2, 11, scope=scope, rotary=True, norm_first=True)
    whole = np.array(block(inputs))
    cache = block.initial_cache(2, 5)
    for t in range(5):
        output, cache = block(inputs[:, t : t + 1], cache=cache, step=t)
        np.testing.assert_allclose(np.array(output)[:, 0], whole[:, t], atol=1e-5)


def test_no_step_of_a_decoder_sees_a_later_one(inputs, source, random):
    block = TransformerDecoderBlock(2, 11)
    before = np.array(block(inputs, source))
    later = inputs.copy()
    later[:, 3:] += random.normal(size=later[:, 3:].shape)
    after = np.array(block(later, source))
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 0.1


def test_a_source_of_nothing_but_padding_changes_nothing_and_breaks_nothing(inputs, source, random):
    block = TransformerDecoderBlock(2, 11)
    block(inputs, source)
    shaken(block, random)
    nothing = np.zeros((2, 6), "bool")
    found = np.array(block(inputs, source, value_mask=nothing))
    np.testing.assert_allclose(found, block(inputs, 100 * source, value_mask=nothing), atol=1e-6)
    assert np.isfinite(found).all()


def test_each_dropout_drops_places_of_its_own(inputs):
    block = TransformerEncoderBlock(2, 8, dropout=0.5, seed=3)
    dropouts = [block.inner_dropout, *block.dropouts]
    dropped = [np.array(each(np.ones((2, 5, 8), "float32"), training=True)) == 0 for each in dropouts]
    assert not any((one == other).all() for one in dropped for other in dropped if one is not other)


def test_all_weights_but_the_keys_bias_learn(inputs, source, random):
    tf = pytest.importorskip("tensorflow")
    block = TransformerDecoderBlock(2, 11)
    block(inputs, source)
    shaken(block, random)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(block(inputs, source, inputs_mask=MASK, value_mask=SOURCE_MASK) ** 3)
    weights = {weight.path: weight.value for weight in block.trainable_weights}
    for path, gradient in tape.gradient(total, weights).items():
        learns = float(np.abs(gradient).max()) > 1e-3
        assert learns != path.endswith("key/bias"), path


def test_the_weights_of_each_attention_are_found_by_its_name(inputs, source):
    symbols = keras.Input((None, 8), name="target"), keras.Input((None, 8), name="source")
    encoded = TransformerEncoderBlock(2, 11, name="encoder")(symbols[1])
    decoded = TransformerDecoderBlock(4, 11, name="decoder")(symbols[0], encoded)
    found = attention_scores(keras.Model(symbols, decoded), (inputs, source))
    assert {name: weights.shape for name, weights in found.items()} == {
        "encoder/self_attention": (2, 2, 6, 6),
        "decoder/self_attention": (2, 4, 5, 5),
        "decoder/attention": (2, 4, 5, 6),
    }
    for weights in found.values():
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)


def test_wrong_use_is_told(inputs):
    assert letter_of(TransformerEncoderBlock, 2, 0) == (
        "feed_forward_dim must be at least 1. Received: feed_forward_dim=0"
    )
    assert "num_heads must divide the query's width" in letter_of(TransformerEncoderBlock(3, 4), inputs)
    assert "inputs must be of rank 3" in letter_of(TransformerEncoderBlock(2, 4), inputs[0])
    block = TransformerDecoderBlock(2, 4)
    assert (
        "A decoder block is made for its source: the first call needs value, the encoder's outputs. "
        "Received: value=None"
    ) in letter_of(block, inputs)
    block(inputs, inputs)
    assert (
        "A decoder block attends to a source. Received: value=None, cache=None. "
        "Give value, the encoder's outputs, or a cache made of them by initial_cache."
    ) in letter_of(block, inputs)
