"""Losses of sequences by loops, in plain fit, saved and loaded, on JAX."""

import itertools
import json

import keras
import numpy as np
import pytest

from keras_seq.layers import CRF
from keras_seq.losses import ChainLikelihood, TagCrossentropy, TokenCrossentropy
from keras_seq.ops import chain
from tests.fresh_process import fresh_process

B, T, N = 3, 4, 5
LENGTHS = (4, 2, 0)


@pytest.fixture
def tags(random):
    tags = random.integers(0, N, (B, T))
    for b, length in enumerate(LENGTHS):
        tags[b, length:] = -1
    return tags


@pytest.fixture
def logits(random):
    return random.normal(size=(B, T, N)).astype("float32")


def crossentropy_by_loops(tags, logits, smoothing):
    losses = []
    for b, length in enumerate(LENGTHS):
        total = 0.0
        for t in range(length):
            probs = np.exp(logits[b, t]) / np.exp(logits[b, t]).sum()
            for j in range(N):
                target = (1 - smoothing) * (j == tags[b, t]) + smoothing / N
                total -= target * np.log(probs[j])
        losses.append(total)
    return np.array(losses)


def likelihood_by_enumeration(tags, logits, transitions, start, end):
    def score(b, sequence):
        inside = sum(transitions[one, other] for one, other in itertools.pairwise(sequence))
        return (
            start[sequence[0]]
            + inside
            + sum(logits[b, t, y] for t, y in enumerate(sequence))
            + end[sequence[-1]]
        )

    losses = []
    for b, length in enumerate(LENGTHS):
        every = itertools.product(range(N), repeat=length) if length else []
        total = np.log(sum(np.exp(score(b, sequence)) for sequence in every)) if length else 0.0
        losses.append(total - score(b, tags[b, :length]) if length else 0.0)
    return np.array(losses)


@pytest.fixture(params=["chain", "softmax", "smoothed softmax"])
def case(request, tags, logits, random):
    """A loss's class, its arguments, predictions, and what each sentence costs."""
    if request.param == "chain":
        parts = random.normal(size=(N, N)), random.normal(size=N), random.normal(size=N)
        return (
            ChainLikelihood,
            {},
            chain.pack(*parts, logits),
            likelihood_by_enumeration(tags, logits, *parts),
        )
    smoothing = 0.3 if "smoothed" in request.param else 0.0
    options = {"label_smoothing": smoothing}
    return TagCrossentropy, options, logits, crossentropy_by_loops(tags, logits, smoothing)


def test_each_sentence_costs_what_loops_say(case, tags):
    make, options, predicted, expected = case
    found = make(reduction=None, **options)(tags, predicted)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found[2] == 0
    np.testing.assert_allclose(
        make(per="token", reduction="none", **options)(tags, predicted), expected / [4, 2, 1], rtol=1e-5
    )


def test_per_batch_the_mean_over_sentences_is_that_over_all_words(case, tags):
    make, options, predicted, expected = case
    loss = make(per="batch", **options)
    assert float(loss(tags, predicted)) == pytest.approx(expected.sum() / sum(LENGTHS), rel=1e-5)
    assert float(loss(np.full_like(tags, -1), predicted)) == 0


def test_words_cost_what_tags_cost_and_are_counted_over_the_batch(logits, tags):
    per_sentence = TagCrossentropy(0.3, reduction="sum")(tags, logits)
    assert float(TokenCrossentropy(0.3)(tags, logits)) == pytest.approx(
        float(per_sentence) / sum(LENGTHS), rel=1e-6
    )


def test_the_mean_is_over_sentences_and_weights_are_of_sentences(case, tags):
    make, options, predicted, expected = case
    loss = make(**options)
    assert float(loss(tags, predicted)) == pytest.approx(expected.mean(), rel=1e-5)
    weights = np.array([2.0, 0.5, 3.0])
    assert float(loss(tags, predicted, weights)) == pytest.approx((expected * weights).mean(), rel=1e-5)
    assert float(make(reduction="sum", **options)(tags, predicted)) == pytest.approx(expected.sum(), rel=1e-5)


def test_half_precision_is_widened_before_anything_is_summed(case, tags):
    make, options, predicted, expected = case
    narrow = keras.ops.cast(predicted, "float16")
    for dtype in (None, "float16", "mixed_bfloat16"):
        loss = make(dtype=dtype, **options)
        assert loss.dtype == "float32"
        assert float(loss(tags, narrow)) == pytest.approx(expected.mean(), rel=2e-3)
    assert make(dtype="float64", **options).dtype == "float64"


def test_tags_above_what_half_precision_counts_are_told_apart():
    logits = np.zeros((1, 1, 3000), "float32")
    logits[0, 0, 2049] = 50.0
    assert float(TagCrossentropy(dtype="float16")(np.array([[2049]]), logits)) == pytest.approx(0.0, abs=1e-4)


def test_a_mask_that_comes_with_the_predictions_changes_nothing(case, tags):
    make, options, predicted, expected = case
    predicted = keras.ops.convert_to_tensor(predicted)
    predicted._keras_mask = keras.ops.convert_to_tensor(tags >= 0)
    assert float(make(**options)(tags, predicted)) == pytest.approx(expected.mean(), rel=1e-5)
    assert predicted._keras_mask is not None  # others may still want it


def test_without_transitions_both_losses_are_the_same(tags, logits):
    packed = chain.pack(np.zeros((N, N)), np.zeros(N), np.zeros(N), logits)
    assert float(ChainLikelihood()(tags, packed)) == pytest.approx(
        float(TagCrossentropy()(tags, logits)), rel=1e-5
    )


def test_what_is_predicted_on_padding_changes_nothing(tags, logits):
    loud = logits.copy()
    loud[tags < 0] = np.nan
    assert float(TagCrossentropy()(tags, loud)) == float(TagCrossentropy()(tags, logits))


def small_model(loss, num_tags=3):
    keras.utils.set_random_seed(1)
    words = keras.Input((None,), dtype="int32")
    logits = keras.layers.Dense(num_tags)(keras.layers.Embedding(9, 4, mask_zero=True)(words))
    allowed = [[True, True, False], [True, True, True], [True, False, True]]
    outputs = CRF(num_tags, allowed)(logits) if isinstance(loss, ChainLikelihood) else logits
    model = keras.Model(words, outputs)
    model.compile("sgd", loss)
    return model


TOKEN_IDS = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [7, 8, 2, 0]], "int32")
TAG_IDS = np.array([[0, 1, 2, 2], [1, 0, -1, -1], [0, 0, 1, -1]], "int32")
LOSSES = [ChainLikelihood(per="token"), TagCrossentropy(label_smoothing=0.1), TokenCrossentropy(0.2)]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_compiled_by_xla_it_trains_the_same(loss):
    weights = []
    for compiled in (False, True):
        model = small_model(loss)
        model.compile("sgd", loss, jit_compile=compiled)
        model.fit(TOKEN_IDS, TAG_IDS, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


_FRESH = """
import json, sys
import numpy as np, keras
import keras_seq.layers, keras_seq.losses
token_ids, tag_ids = (np.array(json.loads(text)) for text in sys.argv[1:3])
history = {}
for path in sys.argv[3:]:
    model = keras.models.load_model(path)
    fitted = model.fit(token_ids, tag_ids, epochs=3, verbose=0)
    history[type(model.loss).__name__] = fitted.history["loss"]
    assert model.loss.get_config().get("per"), model.loss
print(json.dumps(history))
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Where a model of each loss was saved, and its history from there on."""
    room, expected = tmp_path_factory.mktemp("losses"), {}
    for loss in LOSSES:
        model, path = small_model(loss), room / f"{type(loss).__name__}.keras"
        model.save(path)
        expected[path] = model.fit(TOKEN_IDS, TAG_IDS, epochs=3, verbose=0).history["loss"]
    return expected


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_compiled_model_is_saved_loaded_and_goes_on_training_in_a_fresh_process(backend, saved):
    data = (json.dumps(each.tolist()) for each in (TOKEN_IDS, TAG_IDS))
    found = json.loads(fresh_process(_FRESH, *data, *saved, backend=backend).splitlines()[-1])
    assert found == {path.stem: pytest.approx(losses, rel=1e-5) for path, losses in saved.items()}


def test_the_config_holds_every_argument():
    for loss in (ChainLikelihood("token", "sum", "a"), TagCrossentropy(0.2, per="token", reduction=None)):
        again = keras.losses.deserialize(json.loads(json.dumps(keras.losses.serialize(loss))))
        assert again.get_config() == loss.get_config() and type(again) is type(loss)


def test_errors_are_told(logits, tags):
    with pytest.raises(ValueError, match="'sentence', 'token' or 'batch'. Received: per='word'"):
        ChainLikelihood(per="word")
    with pytest.raises(ValueError, match="between 0 and 1. Received: label_smoothing=2"):
        TagCrossentropy(2)
    with pytest.raises(ValueError, match=r"numbers 0 … 4, padding is -1. Received: \[-3, 5\]"):
        TagCrossentropy()(np.array([[0, 5, -3, 1]] * B), logits)
    with pytest.raises(ValueError, match=r"\(batch, length\) = \(3, 4\). Received: tags of shape \(3, 2\)"):
        TagCrossentropy()(tags[:, :2], logits)
    with pytest.raises(ValueError, match=r"rank 3.*Received: y_pred of shape \(4, 5\)"):
        TagCrossentropy()(tags, logits[0])
    with pytest.raises(ValueError, match=r"Received: chain of shape \(3, 4, 5\)"):
        ChainLikelihood()(tags, logits)


def test_what_each_word_costs_adds_up_to_what_its_sentence_costs(tags, logits):
    loss, is_word = TagCrossentropy(0.3), tags >= 0
    words = np.array(
        loss.of_words(keras.ops.cast(tags, "int32"), keras.ops.convert_to_tensor(logits), is_word)
    )
    assert words.shape == (B, T)
    sums = np.where(is_word, words, 0).sum(axis=1)
    np.testing.assert_allclose(sums, crossentropy_by_loops(tags, logits, 0.3), rtol=1e-5)
    with pytest.raises(NotImplementedError, match="must define of_words, or of_sentences"):
        ChainLikelihood().of_words(None, None, None)
