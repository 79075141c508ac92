"""Attention over words, then over sentences: the formula by loops, and both paddings."""

import keras
import numpy as np
import pytest

from keras_seq.layers import Attention, HierarchicalAttention, RecurrentEncoder
from tests.layers.letters import letter_of

B, N, W, D = 2, 4, 5, 6

# An empty sentence in the middle of the first document and at the end of the second.
LENGTHS = np.array([[3, 0, 5, 1], [2, 4, 1, 0]])
MASK = np.arange(W) < LENGTHS[:, :, None]


@pytest.fixture
def documents(random):
    return random.normal(size=(B, N, W, D)).astype("float32")


def answers(layer, documents, mask=MASK):
    return [np.array(each) for each in layer(documents, mask=mask, return_attention_scores=True)]


def pooled_by_loops(pooling, steps):
    """Additive attention pooling of a list of vectors: context, weights."""
    found = {weight.name: weight.numpy() for weight in pooling.trainable_weights}
    query = found["query"] @ found["query_kernel"]
    raw = [np.exp(found["v"] @ np.tanh(query + step @ found["key_kernel"])) for step in steps]
    weights = [each / sum(raw) for each in raw]
    return sum(weight * step for weight, step in zip(weights, steps, strict=True)), weights


def by_loops(layer, documents):
    """One document, one sentence after the other; each encoder reads only what is there."""
    words, sentences = np.zeros((B, N, W)), np.zeros((B, N))
    results = []
    for b in range(B):
        vectors = {}
        for n in range(N):
            length = LENGTHS[b, n]
            if length:
                states = layer.word_encoder(documents[b, None, n, :length]).numpy()[0]
                vectors[n], words[b, n, :length] = pooled_by_loops(layer.words, list(states))
        states = layer.sentence_encoder(np.array([list(vectors.values())], "float32")).numpy()[0]
        result, weights = pooled_by_loops(layer.sentences, list(states))
        results.append(result)
        for n, weight in zip(vectors, weights, strict=True):
            sentences[b, n] = weight
    return np.array(results), words, sentences


def test_it_is_yangs_formula(documents):
    layer = HierarchicalAttention(word_encoder=3, sentence_encoder=7)
    for got, expected in zip(answers(layer, documents), by_loops(layer, documents), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_without_encoders_the_words_themselves_are_weighed(documents):
    layer = HierarchicalAttention()
    document, words, sentences = answers(layer, documents)
    np.testing.assert_allclose(document, np.einsum("bn,bnw,bnwd->bd", sentences, words, documents), atol=1e-5)
    np.testing.assert_allclose(words.sum(-1), LENGTHS > 0, atol=1e-6)
    np.testing.assert_allclose(sentences.sum(-1), 1, atol=1e-6)
    assert not words[~MASK].any() and not sentences[LENGTHS == 0].any()


@pytest.mark.parametrize("axis", [1, 2])
def test_more_padding_of_words_or_of_sentences_changes_nothing(documents, axis, random):
    layer = HierarchicalAttention(word_encoder=3, sentence_encoder=7)
    before = answers(layer, documents)
    widths = [(0, 0), (0, 0), (0, 0)]
    widths[axis] = (0, 3)
    longer = np.pad(documents, [*widths, (0, 0)], constant_values=1e18)
    after = answers(layer, longer, np.pad(MASK, widths))
    np.testing.assert_allclose(after[0], before[0], atol=1e-6)
    np.testing.assert_allclose(after[1][:, :N, :W], before[1], atol=1e-6)
    np.testing.assert_allclose(after[2][:, :N], before[2], atol=1e-6)


def test_an_empty_sentence_changes_nothing_wherever_it_stands(documents):
    layer = HierarchicalAttention(word_encoder=3, sentence_encoder=7)
    before, _, sentences = answers(layer, documents)
    for place in range(N + 1):
        after, _, weights = answers(
            layer, np.insert(documents, place, 7.0, axis=1), np.insert(MASK, place, False, axis=1)
        )
        np.testing.assert_allclose(after, before, atol=1e-6)
        np.testing.assert_allclose(weights, np.insert(sentences, place, 0.0, axis=1), atol=1e-6)


def test_an_empty_document_gives_zeros(documents):
    mask = MASK.copy()
    mask[0] = False
    for each in answers(HierarchicalAttention(word_encoder=3, sentence_encoder=7), documents, mask):
        assert not each[0].any() and each[1].any()


def test_the_mask_of_an_embedding_of_sentences_arrives(random):
    ids = np.where(MASK, random.integers(1, 9, MASK.shape), 0)
    embedding, layer = keras.layers.Embedding(9, D, mask_zero=True), HierarchicalAttention(3, 7)
    np.testing.assert_array_equal(layer(embedding(ids)), layer(np.array(embedding(ids)), mask=MASK))


def test_encoders_are_layers_or_units_and_each_level_has_an_attention_of_its_own(documents):
    layer = HierarchicalAttention(
        keras.layers.Dense(7), RecurrentEncoder(4, cell="lstm"), Attention("scaled_dot", dropout=0.5)
    )
    assert layer(documents, mask=MASK).shape == (B, 8)
    assert layer.words.attention is not layer.sentences.attention
    assert layer.words.attention.dropout == layer.sentences.attention.dropout == 0.5
    assert HierarchicalAttention(3).word_encoder.cell == "gru"


def test_what_is_no_encoder_is_refused():
    letter = letter_of(HierarchicalAttention, sentence_encoder="lstm")
    assert letter == "An encoder is a layer, a number of units, or None. Received: sentence_encoder='lstm'"


def test_an_attention_that_is_built_is_refused(documents):
    attention = Attention("additive", name="used")
    attention(documents[0], documents[0])
    letter = letter_of(HierarchicalAttention, attention=attention)
    assert letter.endswith("so it must be new. Received: attention=used, which is built already.")


def test_a_tensor_of_the_wrong_rank_is_told_its_shape(documents):
    letter = letter_of(HierarchicalAttention(), documents[0])
    assert "inputs must be of rank 4: (batch, sentences, words, width). " in letter
    assert "Received: inputs of shape (4, 5, 6)" in letter
