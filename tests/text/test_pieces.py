"""What is asked of learned pieces; how they are learned is the library's."""

import sys
from collections import Counter

import pytest

from keras_seq.errors import InputError
from keras_seq.text.pieces import learn_pieces
from keras_seq.text.tokenizers import SubwordTokenizer
from tests.text.lines import SENTENCES

TEXT = "the film the films filming a filmed film was filmed acting act acted 好看 好看 很好看"
COUNTS = Counter(TEXT.split())


@pytest.fixture(autouse=True)
def _needs_the_library():
    pytest.importorskip("sentencepiece")


def test_the_size_is_kept_and_frequent_words_become_pieces():
    pieces = learn_pieces(COUNTS, 40)
    assert len(pieces) == len(set(pieces)) <= 40
    assert {"▁film", "▁the", "▁"} <= set(pieces)
    assert SubwordTokenizer(pieces).tokens("The film") == ["▁the", "▁film"]


def test_the_same_words_give_the_same_pieces_in_any_order():
    backwards = dict(reversed(list(COUNTS.items())))
    assert learn_pieces(COUNTS, 40) == learn_pieces(COUNTS, 40) == learn_pieces(backwards, 40)


def test_pieces_cover_the_text_they_were_learned_from():
    cutter = SubwordTokenizer([])
    counts = Counter(chunk for sentence in SENTENCES for chunk in cutter.chunks(sentence))
    known = set(learn_pieces(counts, 2000))
    tokenizer = SubwordTokenizer(list(known))
    assert {token for sentence in SENTENCES for token in tokenizer.tokens(sentence)} <= known


def test_a_small_size_keeps_the_frequent_characters():
    pieces = learn_pieces(Counter({"aab": 5, "c": 1, "▅": 9}), 3)
    assert sorted(pieces) == ["a", "b", "▁"]


def test_a_very_long_chunk_is_no_trouble():
    assert "▁" in learn_pieces(Counter({"好" * 100_000: 1, "很": 1}), 10)


@pytest.mark.parametrize("counts", [{}, {"▅": 3}])
def test_nothing_to_learn_from_is_said(counts):
    with pytest.raises(InputError, match="No words to learn subwords from"):
        learn_pieces(counts, 10)


def test_a_size_without_room_is_said():
    with pytest.raises(InputError, match=r"at least 3 pieces\.\nReceived: room for 2"):
        learn_pieces(COUNTS, 2)


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(InputError, match=r"needs the package sentencepiece.*\nInstall it: pip install"):
        learn_pieces(COUNTS, 10)
