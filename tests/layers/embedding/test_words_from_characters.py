"""Word vectors from spelling, word by word in loops; what stands on padding never counts."""

import itertools

import numpy as np
import pytest

from keras_seq.layers import CharacterConvolution, CharacterRecurrence, LetterNgrams, RecurrentEncoder

WORDS = [[[5, 3, 9, 2], [4], []], [[2, 7], [6, 1, 8, 3, 5], [9, 2, 2]]]  # (2, 3, up to 5)
LAYERS = {
    "convolution": lambda: CharacterConvolution(10, 4, filters=(2, 3), widths=(2, 3)),
    "recurrence": lambda: CharacterRecurrence(10, 4, units=3),
    "vectors of n-grams": lambda: LetterNgrams(slots=101, units=7, shortest=1),
    "counts of n-grams": lambda: LetterNgrams(slots=101),
}


def spelt(texts, words=3, length=5):
    ids = np.zeros((len(texts), words, length), "int32")
    for b, text in enumerate(texts):
        for t, word in enumerate(text):
            ids[b, t, : len(word)] = word
    return ids


def places(texts):
    return ((b, t, word) for b, text in enumerate(texts) for t, word in enumerate(text) if word)


def test_a_convolution_takes_the_maximum_over_windows_around_each_character():
    layer = LAYERS["convolution"]()
    got = np.array(layer(spelt(WORDS)))
    table = layer.embedding.embeddings.numpy()
    for b, t, word in places(WORDS):
        expected = []
        for width, convolution in zip((2, 3), layer.convolutions, strict=True):
            kernel, bias = convolution.kernel.numpy(), convolution.bias.numpy()
            windows = []
            for middle in range(len(word)):
                total = bias.copy()
                for offset in range(width):
                    place = middle - (width - 1) // 2 + offset
                    if 0 <= place < len(word):  # zeros beyond the ends
                        total += table[word[place]] @ kernel[offset]
                windows.append(np.tanh(total))
            expected.append(np.max(windows, axis=0))
        np.testing.assert_allclose(got[b, t], np.concatenate(expected), atol=1e-5)


def test_a_recurrence_gives_the_states_in_which_each_direction_ends():
    layer = LAYERS["recurrence"]()
    got = np.array(layer(spelt(WORDS)))
    table = layer.embedding.embeddings.numpy()
    forward, backward = RecurrentEncoder(3, bidirectional=False), RecurrentEncoder(3, bidirectional=False)
    for one_way, weights in (
        (forward, layer.encoder.get_weights()[:3]),
        (backward, layer.encoder.get_weights()[3:]),
    ):
        one_way.build((None, None, 4))
        one_way.set_weights(weights)
    for b, t, word in places(WORDS):
        ends = [np.array(forward(table[[word]]))[0, -1], np.array(backward(table[[word[::-1]]]))[0, -1]]
        np.testing.assert_allclose(got[b, t], np.concatenate(ends), atol=1e-5)


def letter_ngrams(word, shortest, longest):
    marked = ["#", *word, "#"]
    return [
        tuple(marked[start : start + n])
        for n in range(shortest, longest + 1)
        for start in range(len(marked) - n + 1)
    ]


def slot_of(layer, gram):
    """The slot of one n-gram by its definition, the marks being 2 and letters coming after it."""
    slot = 0
    for n, letter in enumerate(gram, 1):
        code = 2 if letter == "#" else letter + 2
        slot = (slot * 1021 + code * code % layer.slots + code + n) % layer.slots
    return slot


@pytest.mark.parametrize(("shortest", "longest"), [(3, 3), (1, 2), (2, 5)])
def test_a_word_is_the_letter_ngrams_between_its_marks(shortest, longest):
    counted = LetterNgrams(slots=10_007, shortest=shortest, longest=longest)
    summed = LetterNgrams(slots=10_007, units=6, shortest=shortest, longest=longest)
    counts, vectors = np.array(counted(spelt(WORDS))), np.array(summed(spelt(WORDS)))
    table = summed.table.numpy()
    for b, t, word in places(WORDS):
        slots = [slot_of(counted, gram) for gram in letter_ngrams(word, shortest, longest)]
        np.testing.assert_array_equal(counts[b, t], np.bincount(slots, minlength=10_007))
        np.testing.assert_allclose(vectors[b, t], table[slots].sum(0), atol=1e-5)


def test_cat_is_three_trigrams_and_shares_two_with_hat():
    c, h, a, t = range(2, 6)
    cat, hat, at = np.array(LetterNgrams(slots=10_007)(spelt([[[c, a, t], [h, a, t], [a, t]]])))[0]
    assert cat.sum() == hat.sum() == 3 and at.sum() == 2
    assert np.minimum(cat, hat).sum() == 1  # at#
    assert np.minimum(cat, at).sum() == 1


def test_few_trigrams_of_an_alphabet_share_a_slot():
    words = [[list(each)] for each in itertools.product(range(2, 12), repeat=3)]
    counts = np.array(LetterNgrams(slots=10_007)(spelt(words, words=1, length=3)))[:, 0]
    assert len(np.unique(counts, axis=0)) == len(words)


@pytest.mark.parametrize("name", LAYERS)
def test_padding_of_characters_and_of_words_changes_nothing(name):
    layer = LAYERS[name]()
    before, mask = layer(spelt(WORDS)), layer.compute_mask(spelt(WORDS))
    after = np.array(layer(spelt(WORDS, words=5, length=9)))
    np.testing.assert_allclose(after[:, :3], before, atol=1e-6)
    assert not after[:, 3:].any()
    np.testing.assert_array_equal(mask, [[True, True, False], [True, True, True]])


@pytest.mark.parametrize("name", LAYERS)
def test_an_empty_word_gives_zeros(name):
    assert not np.array(LAYERS[name]()(spelt(WORDS)))[0, 2].any()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: CharacterConvolution(10, filters=(2, 3)),
            "filters must be one number, or one for each width",
        ),
        (
            lambda: CharacterConvolution(10, widths=(0, 2)),
            r"widths must be at least 1. Received: widths=\(0, 2\)",
        ),
        (lambda: CharacterConvolution(10, widths=()), r"widths must be at least 1. Received: widths=\(\)"),
        (lambda: CharacterRecurrence(10, units=0), "units must be at least 1. Received: units=0"),
        (lambda: CharacterRecurrence(10, cell="ltsm"), "Unknown cell. Expected 'lstm'"),
        (
            lambda: LetterNgrams(longest=2),
            "longest must be at least shortest. Received: shortest=3, longest=2",
        ),
        (lambda: LetterNgrams(slots=3_000_000), "slots must be at most 2097143. Received: slots=3000000"),
        (lambda: LetterNgrams()(np.zeros((2, 3), "int32")), r"rank 3: \(batch, words, characters\)"),
    ],
)
def test_wrong_sizes_are_said(make, said):
    with pytest.raises(ValueError, match=said):
        make()
