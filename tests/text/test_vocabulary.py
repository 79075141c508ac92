"""The laws of the vocabulary, and what it says of damaged files."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.errors import InputError
from keras_seq.text.vocabulary import PADDING, UNKNOWN, Vocabulary

tokens = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5)
tokens = tokens.filter(lambda token: token not in (PADDING, UNKNOWN))


def test_padding_is_0_and_unknown_is_1():
    vocabulary = Vocabulary(["good", "film"])
    assert vocabulary.tokens == [PADDING, UNKNOWN, "good", "film"] == ["[PAD]", "[UNK]", "good", "film"]
    assert vocabulary.ids(["film", "[PAD]", "bad", "good"]) == [3, 0, 1, 2]
    assert len(vocabulary) == 4 and "good" in vocabulary and "bad" not in vocabulary
    assert len(Vocabulary()) == 2


def test_the_special_tokens_may_stand_first_already():
    vocabulary = Vocabulary(["a", "b"])
    assert Vocabulary(vocabulary.tokens) == vocabulary != Vocabulary(["b", "a"])


def test_the_end_is_2_where_there_is_one(tmp_path):
    vocabulary = Vocabulary(["good"], end=True)
    assert vocabulary.tokens == ["[PAD]", "[UNK]", "[END]", "good"] == Vocabulary(vocabulary.tokens).tokens
    assert vocabulary.end_id == 2 and vocabulary.learned == ["good"]
    assert Vocabulary(["good"]).end_id is None and Vocabulary(["good"]).learned == ["good"]
    vocabulary.save(tmp_path / "vocabulary.txt")
    assert Vocabulary.load(tmp_path / "vocabulary.txt").end_id == 2
    assert Vocabulary.build([["b", "a", "b"]], limit=4, end=True).tokens[2:] == ["[END]", "b"]
    with pytest.raises(InputError, match=r"\[PAD\] and \[UNK\] and \[END\]"):
        Vocabulary.build([["b"]], limit=3, end=True)


corpora = st.lists(st.lists(st.sampled_from("abcdefgé好")))


@given(lists=corpora, limit=st.integers(3, 9), least=st.integers(1, 3))
def test_it_is_the_most_frequent_tokens_whatever_their_order(lists, limit, least):
    everything = [token for one in lists for token in one]
    dull = sorted((-everything.count(token), token) for token in set(everything))
    expected = [token for count, token in dull if -count >= least][: limit - 2]
    shuffled = random.Random(1).sample(lists, len(lists))
    if not expected:
        with pytest.raises(InputError, match="No token is left for the vocabulary"):
            Vocabulary.build(lists, limit, least)
    else:
        assert Vocabulary.build(lists, limit, least).tokens[2:] == expected
        assert Vocabulary.build(shuffled, limit, least).tokens[2:] == expected


def test_it_is_built_from_anything_in_one_pass():
    stream = (iter(line.split()) for line in ["b a b", "c a"])
    assert Vocabulary.build(stream).tokens[2:] == ["a", "b", "c"]
    assert Vocabulary.from_counts(Counter(a=1, b=2), limit=3).tokens[2:] == ["b"]


@settings(max_examples=50, deadline=None)
@given(words=st.lists(tokens, unique=True))
def test_saved_and_loaded_it_is_the_same(words, tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    Vocabulary(words).save(path)
    assert Vocabulary.load(path) == Vocabulary(words)


def test_the_line_number_is_the_id(tmp_path):
    path = tmp_path / "vocabulary.txt"
    Vocabulary(["好", "a b", "é"]).save(path)
    assert path.read_bytes().decode() == "[PAD]\n[UNK]\n好\na b\né\n"
    assert [one.name for one in tmp_path.iterdir()] == ["vocabulary.txt"]


@pytest.mark.parametrize(
    "content, letter",
    [
        (b"", "{path}, line 1: expected [PAD].\nReceived: 'the end of the file'"),
        (b"good\nfilm\n", "{path}, line 1: expected [PAD].\nReceived: 'good'"),
        (b"[PAD]\n", "{path}, line 2: expected [UNK].\nReceived: 'the end of the file'"),
        (b"[PAD]\ngood\n", "{path}, line 2: expected [UNK].\nReceived: 'good'"),
        (b"\xef\xbb\xbf[PAD]\n[UNK]\n", "{path}, line 1: expected [PAD].\nReceived: '\\ufeff[PAD]'"),
        (b"[PAD]\r\n[UNK]\r\n", "{path}, line 1: expected [PAD].\nReceived: '[PAD]\\r'"),
        (b"[PAD]\n[UNK]\na\r\n", "{path}, line 3: a line break in the token 'a\\r'; expected one token"),
        (b"[PAD]\n[UNK]\na\n\nb\n", "{path}, line 4: an empty token; expected one token a line"),
        (b"[PAD]\n[UNK]\na\nb\na\n", "{path}, line 5: the token 'a' is id 2 already; expected one token"),
        (b"[PAD]\n[UNK]\n[PAD]\n", "{path}, line 3: the token '[PAD]' is id 0 already; expected one token"),
        (b"[PAD]\n[UNK]\na\nb\xffc\n", "{path}, line 4: not UTF-8 text.\nReceived: b'\\xffc\\n'"),
        (b"[PAD]\n[UNK]\na\nb", "{path}, line 4: the file is cut off, its last line has no end."),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, content, letter):
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        Vocabulary.load(path)
    assert str(error.value).startswith(letter.replace("{path}", str(path)))
    assert len(str(error.value).splitlines()) <= 3


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.txt cannot be read: No such file or directory\."):
        Vocabulary.load(tmp_path / "none.txt")


@pytest.mark.parametrize(
    "words, fault",
    [
        (["a", ""], "an empty token, as id 3"),
        (["a", "b\nc"], r"a line break in the token 'b\\nc', as id 3"),
        (["\ud800"], r"half a surrogate pair in the token '\\ud800', as id 2"),
        (["a", "b", "a"], "the token 'a' is id 2 already, as id 4"),
        (["a", "[PAD]"], r"the token '\[PAD\]' is id 0 already, as id 3"),
    ],
)
def test_tokens_that_no_file_can_hold_are_refused(words, fault):
    with pytest.raises(InputError, match=f"These tokens make no vocabulary: {fault}"):
        Vocabulary(words)


def test_a_limit_without_room_is_refused():
    with pytest.raises(InputError, match=r"room for more than its special tokens .*\nReceived: limit=2"):
        Vocabulary.build([["a"]], limit=2)
