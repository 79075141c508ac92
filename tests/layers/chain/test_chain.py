"""CRF and ViterbiDecoder in models: they learn what only transitions tell, and decode it, in lite too."""

import itertools

import keras
import numpy as np
import pytest

from keras_seq.export.runtime import TFLiteModel
from keras_seq.layers import CRF, ViterbiDecoder
from keras_seq.losses import ChainLikelihood, TagCrossentropy
from keras_seq.ops import chain
from keras_seq.text.tag_schemes import allowed_transitions, is_legal
from tests.export.conftest import converted, with_loud_weights

NAMES = ["O", "B-x", "I-x", "B-y", "I-y"]
START, END, ALLOWED = allowed_transitions(NAMES)


def alternating(count, longest, random):
    """Sentences of which only the first word says its tag; every other tag is not that of the word before."""
    lengths = random.integers(1, longest + 1, count)
    tags = (random.integers(0, 2, (count, 1)) + np.arange(longest)) % 2
    words = np.where(np.arange(longest) == 0, 1 + tags[:, :1], 3)
    outside = np.arange(longest) >= lengths[:, None]
    return np.where(outside, 0, words).astype("int32"), np.where(outside, -1, tags).astype("int32")


def logits_of(words, num_tags, vocabulary=4):
    return keras.layers.Dense(num_tags)(keras.layers.Embedding(vocabulary, 4, mask_zero=True)(words))


def test_a_chain_learns_by_plain_fit_what_a_softmax_cannot(random):
    keras.utils.set_random_seed(0)
    token_ids, tag_ids = alternating(512, 8, random)
    words = keras.Input((None,), dtype="int32")
    softmax = keras.Model(words, logits_of(words, 2))
    crf = CRF(2)(logits_of(words, 2))
    tagger = keras.Model(words, crf)
    accuracy = {}
    for name, model, loss in (("softmax", softmax, TagCrossentropy()), ("chain", tagger, ChainLikelihood())):
        model.compile(keras.optimizers.Adam(0.1), loss, jit_compile=False)
        model.fit(token_ids, tag_ids, batch_size=64, epochs=4, verbose=0)
        decoder = keras.Model(words, ViterbiDecoder()(crf)) if name == "chain" else softmax
        answers = decoder.predict(token_ids, verbose=0)
        answers = answers if name == "chain" else answers.argmax(-1)
        accuracy[name] = np.mean((answers == tag_ids)[tag_ids >= 0])
    assert accuracy["chain"] == 1.0
    assert accuracy["softmax"] < 0.8


def test_the_mask_travels_in_the_chain(random):
    token_ids, _ = alternating(5, 7, random)
    words = keras.Input((None,), dtype="int32")
    packed = CRF(3)(logits_of(words, 3))
    assert getattr(packed, "_keras_mask", None) is None
    tags = ViterbiDecoder()(packed)
    model = with_loud_weights(keras.Model(words, [packed, tags]))
    stored, decoded = model.predict(token_ids, verbose=0)
    np.testing.assert_array_equal(chain.chain_mask(stored), token_ids != 0)
    np.testing.assert_array_equal(ViterbiDecoder()(stored), decoded)
    assert not decoded[token_ids == 0].any()
    fewer = (token_ids != 0) & (np.arange(7) < 3)
    shorter = model.predict(token_ids * fewer, verbose=0)[1]
    np.testing.assert_array_equal(ViterbiDecoder()(stored, mask=fewer), shorter)


def test_the_mask_that_the_decoder_hands_on_is_the_words(random):
    token_ids, _ = alternating(5, 7, random)

    class Seen(keras.layers.Layer):
        supports_masking = True

        def call(self, inputs, mask=None):
            return keras.ops.cast(mask, "int32")

    words = keras.Input((None,), dtype="int32")
    model = keras.Model(words, Seen()(ViterbiDecoder()(CRF(3)(logits_of(words, 3)))))
    np.testing.assert_array_equal(model.predict(token_ids, verbose=0), token_ids != 0)


def test_bio_is_legal_whatever_the_logits(random):
    layer, decode = CRF(5, ALLOWED, START, END), ViterbiDecoder()
    logits = 100 * random.normal(size=(64, 9, 5))
    logits[..., 2] += 50  # I-x
    for tags in decode(layer(logits)).numpy():
        assert is_legal([NAMES[tag] for tag in tags], "IOB2")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_under_mixed_precision_the_chain_stays_float32(policy, random):
    layer = CRF(5, ALLOWED, START, END, dtype=policy)
    packed = layer(random.normal(size=(2, 9, 5)).astype("float32"))
    assert packed.dtype == "float32"
    decode = ViterbiDecoder(dtype=policy)
    np.testing.assert_array_equal(decode(packed), chain.viterbi(packed))
    assert CRF(5, dtype="float64")(random.normal(size=(2, 9, 5))).dtype == "float64"


@pytest.mark.parametrize("quantize", ["none", "float16", "int8"])
def test_it_decodes_in_lite_as_in_keras_for_any_batch_and_length(quantize, random):
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    packed = CRF(5, ALLOWED, START, END)(logits_of(token_ids, 5, vocabulary=60))
    model = with_loud_weights(keras.Model(token_ids, {"tag_ids": ViterbiDecoder()(packed)}))
    lite = TFLiteModel(converted(model, quantize=quantize))
    same = 0
    for batch, length in ((1, 1), (2, 7), (5, 30), (3, 2)):
        ids = random.integers(1, 60, size=(batch, length)).astype("int32")
        ids[-1, (length + 1) // 2 :] = 0
        ids[0, : length * (batch > 1)] = 0  # a row without words
        found, expected = lite.run(ids)["tag_ids"], model(ids)["tag_ids"].numpy()
        assert found.dtype == "int32" and not found[ids == 0].any()
        for tags, length_of_row in zip(found, (ids != 0).sum(1), strict=True):
            assert is_legal([NAMES[tag] for tag in tags[:length_of_row]], "IOB2")
        same += np.sum(found == expected)
        if quantize == "none":
            np.testing.assert_array_equal(found, expected)
    assert same > 0.9 * (1 + 14 + 150 + 6)


def test_errors_are_told():
    with pytest.raises(ValueError, match=r"\(batch, length, 3\). Received: inputs of shape \(1, 4, 2\). Put"):
        CRF(3)(np.zeros((1, 4, 2)))
    with pytest.raises(ValueError, match=r"Received: inputs of shape \(4, 3\)"):
        CRF(3)(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"booleans of shape \(3, 3\). Received: allowed of shape \(2, 2\)"):
        CRF(3, allowed=[[True] * 2] * 2)
    with pytest.raises(ValueError, match=r"allowed_end of shape \(3,\) and dtype int64"):
        CRF(3, allowed_end=[0, 1, 1])
    with pytest.raises(ValueError, match="num_tags must be at least 1. Received: num_tags=0"):
        CRF(0)
    with pytest.raises(ValueError, match="No sequence of tags is allowed.*and 0 allowed transitions"):
        CRF(2, np.zeros((2, 2), bool), [True, False], [False, True])
    with pytest.raises(ValueError, match="A mask is boolean"):
        CRF(3)(np.zeros((1, 4, 3)), mask=np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"Received: inputs of shape \(2, 4\)"):
        ViterbiDecoder()(np.zeros((2, 4)))


def test_a_way_of_several_steps_is_a_way():
    steps = np.eye(4, k=1, dtype=bool)  # 0 to 1 to 2 to 3
    first, last = np.eye(4, dtype=bool)[[0, 3]]
    layer = CRF(4, steps, first, last)
    assert ViterbiDecoder()(layer(np.zeros((1, 4, 4)))).numpy().tolist() == [[0, 1, 2, 3]]


def test_the_documented_allowed_is_that_of_the_schemes():
    for one, other in itertools.product(range(5), repeat=2):
        assert ALLOWED[one][other] == is_legal(
            [NAMES[one].replace("I", "B"), NAMES[one], NAMES[other]], "IOB2"
        )
