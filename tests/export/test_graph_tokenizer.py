"""Tokens and their places made of TensorFlow operators, against those made of Python, line by line."""

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.export.graph_tokenizer import GraphTokenizer
from keras_seq.text import SubwordTokenizer, get_tokenizer
from tests.export.test_graph_text import PIECES
from tests.text.lines import BORDERLINE, as_bytes, hard_lines, long_lines

TOKENIZERS = [get_tokenizer(kind, lowercase=False) for kind in ("words", "characters", "spaces")]
TOKENIZERS += [get_tokenizer("words"), SubwordTokenizer(PIECES)]
TOKENIZERS += [get_tokenizer(kind, keep_spaces=True) for kind in ("words", "characters")]
TOKENIZERS += [SubwordTokenizer(PIECES, lowercase=False, keep_spaces=True)]
PAIRS = [(tokenizer, GraphTokenizer(tokenizer)) for tokenizer in TOKENIZERS]
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: repr(pair[0]))


def check_equal(pair, lines):
    tokenizer, graph = pair
    rows = (each.to_list() for each in graph(tf.constant(lines, tf.string)))
    for line, tokens, starts, ends in zip(lines, *rows, strict=True):
        expected = tokenizer.split(line)
        assert [token.decode() for token in tokens] == [token.text for token in expected], line
        assert starts == [token.start for token in expected], line
        assert ends == [token.end for token in expected], line


@every_pair
def test_tokens_stand_where_python_finds_them_on_thousands_of_hard_lines(pair):
    lines = hard_lines()
    for start in range(0, len(lines), 500):
        check_equal(pair, lines[start : start + 500])


@every_pair
def test_tokens_stand_where_python_finds_them_in_long_lines(pair):
    check_equal(pair, [*long_lines(), b"", b"short"])


@every_pair
@settings(max_examples=25, deadline=None)
@given(lines=st.lists(st.text(st.sampled_from(BORDERLINE) | st.characters()), max_size=4))
def test_tokens_stand_where_python_finds_them_in_any_text(pair, lines):
    check_equal(pair, [as_bytes(line) for line in lines])


def test_places_are_characters_of_the_text_as_it_was_given():
    text = "  São\N{SOFT HYPHEN} Paulo，去台北👩\N{ZERO WIDTH JOINER}💻!"
    tokens, starts, ends = (each.to_list()[0] for each in PAIRS[0][1](tf.constant([text])))
    assert [text[start:end] for start, end in zip(starts, ends, strict=True)] == [
        token.decode() for token in tokens
    ]
    assert starts[:2] == [2, 7] and ends[1] == 12
