"""Rows of word and letters made of TensorFlow operators, against those of `WordEncoder`."""

import doctest

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.export import graph_words
from keras_seq.export.graph_words import GraphWordEncoder
from keras_seq.text import WordEncoder, get_tokenizer
from tests.text.lines import BORDERLINE, SENTENCES, hard_lines


def _encoder(kind, **options):
    tokens = [get_tokenizer(kind, lowercase=False).tokens(sentence) for sentence in SENTENCES]
    return WordEncoder.fit([*tokens, ["New York", "1998"]], kind, vocabulary_size=150, **options)


ENCODERS = [
    _encoder("words", letters=7, lowercase=True),
    _encoder("words", letters=1, digits=False),
    _encoder("characters", letters=3),
    _encoder("spaces", letters=20, lowercase=True),
    _encoder("words", lowercase=True),
]
PAIRS = [(encoder, GraphWordEncoder(encoder)) for encoder in ENCODERS]
every_pair = pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda pair: f"{pair[0].tokenizer.kind}-{pair[0].letters}"
)


def check_lines(pair, lines):
    encoder, graph = pair
    answer = {name: tensor.numpy() for name, tensor in graph(tf.constant(lines, tf.string)).items()}
    splits = [encoder.split(line) for line in lines]
    width = max([1, *map(len, splits)])
    assert answer["token_ids"].shape == (len(lines), width, encoder.width)
    assert answer["lengths"].tolist() == list(map(len, splits))
    for row, (line, tokens) in enumerate(zip(lines, splits, strict=True)):
        padding = width - len(tokens)
        expected = encoder.encode([token.text for token in tokens])
        np.testing.assert_array_equal(answer["token_ids"][row, : len(tokens)], expected, err_msg=repr(line))
        assert not answer["token_ids"][row, len(tokens) :].any()
        found = [token.decode() for token in answer["tokens"][row]]
        assert found == [token.text for token in tokens] + [""] * padding
        assert answer["starts"][row].tolist() == [token.start for token in tokens] + [-1] * padding
        assert answer["ends"][row].tolist() == [token.end for token in tokens] + [-1] * padding


@every_pair
def test_python_and_graph_give_the_same_ids_on_thousands_of_hard_lines(pair):
    lines = hard_lines()
    for start in range(0, len(lines), 500):
        check_lines(pair, lines[start : start + 500])


@every_pair
@pytest.mark.parametrize("lines", [[], [b""], [b" \xc2\xad"], [b"", b"a", b""]])
def test_a_batch_without_words_still_has_one_column(pair, lines):
    check_lines(pair, lines)


TOKENS = st.text(st.sampled_from(BORDERLINE) | st.characters(), max_size=9).filter(
    lambda token: not any("\ud800" <= character <= "\udfff" for character in token)
) | st.sampled_from(["New York", "[PAD]", "[UNK]", "", "\N{SOFT HYPHEN}", "1998", "É", "ﬁlm"])


@every_pair
@settings(max_examples=40, deadline=None)
@given(sentences=st.lists(st.lists(TOKENS, max_size=5), min_size=1, max_size=4))
def test_tokens_that_are_cut_already_give_the_same_ids(pair, sentences):
    encoder, graph = pair
    lengths = list(map(len, sentences))
    padded = [tokens + [""] * (max(lengths) - len(tokens)) for tokens in sentences]
    tokens = tf.reshape(tf.constant(sum(padded, []), tf.string), (len(sentences), max(lengths)))
    rows = graph.rows(tokens, tf.constant(lengths)).numpy()
    for row, sentence in zip(rows, sentences, strict=True):
        np.testing.assert_array_equal(row[: len(sentence)], encoder.encode(sentence), err_msg=str(sentence))
        assert (row[: len(sentence), 0] > 0).all() and not row[len(sentence) :].any()


def test_its_example_runs():
    result = doctest.testmod(graph_words)
    assert result.failed == 0 and result.attempted == 2
