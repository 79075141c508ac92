"""Text to ids and the two files that carry it."""

import json
import subprocess
import sys

import pytest

from keras_seq.errors import InputError
from keras_seq.text import SubwordTokenizer, TextEncoder, Vocabulary, get_tokenizer
from tests.text.lines import SENTENCES, hard_lines

PIECES = ["▁", "▁a", "é", "好看"]


def encoders():
    yield TextEncoder.fit(SENTENCES, "words", 100)
    yield TextEncoder.fit(SENTENCES, "characters", 100, lowercase=False)
    yield TextEncoder(SubwordTokenizer(PIECES), Vocabulary(PIECES))


def test_ids_are_places_in_the_vocabulary_and_1_for_the_rest():
    encoder = TextEncoder.fit(["a good film", "a bad film", "A good one"])
    assert encoder.vocabulary.tokens == ["[PAD]", "[UNK]", "a", "film", "good", "bad", "one"]
    assert encoder.encode("One good idea, a film") == [6, 4, 1, 1, 2, 3]
    assert encoder.encode("") == encoder.encode(" \n") == []


def test_encode_numbers_the_tokens_of_split():
    for encoder in encoders():
        for line in hard_lines()[::10]:
            tokens = encoder.vocabulary.tokens
            dull = [tokens.index(one.text) if one.text in tokens else 1 for one in encoder.split(line)]
            assert encoder.encode(line) == dull


def test_texts_are_read_once_from_any_iterable():
    encoder = TextEncoder.fit((line for line in ["b b", b"a \xff"]), vocabulary_size=None)
    assert encoder.vocabulary.tokens[2:] == ["b", "a"]


def test_size_and_rareness_are_kept():
    assert len(TextEncoder.fit(SENTENCES, vocabulary_size=20).vocabulary) == 20
    assert TextEncoder.fit(["a a b"], minimum_count=2).vocabulary.tokens[2:] == ["a"]


def test_chinese_works_with_words_and_with_characters():
    for kind in ("words", "characters"):
        encoder = TextEncoder.fit(["这部电影很好看", "不好看"], kind)
        assert 1 not in encoder.encode("电影好看") and len(encoder.encode("电影好看")) == 4


def test_subwords_are_learned():
    pytest.importorskip("sentencepiece")
    encoder = TextEncoder.fit(["filming films", "a film", "好看好看"] * 3, "subwords", vocabulary_size=30)
    assert len(encoder.vocabulary) <= 30 and encoder.tokenizer.pieces == encoder.vocabulary.tokens[2:]
    assert [token.text for token in encoder.split("Film")] == ["▁film"]
    assert 1 not in encoder.encode("a film 好看")


def test_saved_and_loaded_it_gives_the_same_ids(tmp_path):
    lines = hard_lines()[::20]
    for i, encoder in enumerate(encoders()):
        folder = tmp_path / str(i) / "run"
        encoder.save(folder)
        loaded = TextEncoder.load(folder)
        assert [loaded.encode(line) for line in lines] == [encoder.encode(line) for line in lines]
        assert repr(loaded) == repr(encoder)
        assert sorted(one.name for one in folder.iterdir()) == ["tokenizer.json", "vocabulary.txt"]


def test_the_tokenizer_file_is_plain(tmp_path):
    TextEncoder.fit(["a"], lowercase=False).save(tmp_path)
    settings = json.loads((tmp_path / "tokenizer.json").read_text())
    assert settings == {"kind": "words", "lowercase": False, "rules": 1}


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", '"kind": "words"'),
        (b"{", '"kind": "words"'),
        (b"[]", '"kind": "words"'),
        (b'{"kind": "words"}', '"kind": "words"'),
        (b'{"kind": "words", "lowercase": 1, "rules": 1}', "expected"),
        (b'{"kind": "words", "lowercase": true, "rules": 2}', "newer keras_seq"),
        (b'{"kind": "wods", "lowercase": true, "rules": 1}', "Did you mean 'words'"),
        (b'{"kind": [], "lowercase": true, "rules": 1}', "No tokenizer has this name"),
        (b"\xff", "line 1: not UTF-8"),
    ],
)
def test_a_damaged_tokenizer_file_is_named(tmp_path, content, said):
    TextEncoder.fit(["a"]).save(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(InputError) as error:
        TextEncoder.load(tmp_path)
    assert str(error.value).startswith(str(tmp_path / "tokenizer.json")) and said in str(error.value)
    assert len(str(error.value).splitlines()) <= 3


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.txt"])
def test_a_missing_file_is_named(tmp_path, name):
    TextEncoder.fit(["a"]).save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError) as error:
        TextEncoder.load(tmp_path)
    assert str(error.value) == f"{tmp_path / name} cannot be read: No such file or directory."


@pytest.mark.parametrize(
    "arguments, letter",
    [
        ({"texts": []}, "No token is left for the vocabulary: the texts are empty"),
        ({"texts": ["", " "]}, "Received: 0 different tokens, minimum_count=1"),
        ({"texts": ["a"], "minimum_count": 2}, "Received: 1 different tokens, minimum_count=2"),
        ({"texts": ["a"], "vocabulary_size": 2}, "Received: limit=2"),
        ({"texts": ["a"], "tokenizer": "wrds"}, "Did you mean 'words'?"),
        ({"texts": [None]}, "Received: None (NoneType)"),
        ({"texts": "a", "tokenizer": "subwords", "vocabulary_size": None}, "need a vocabulary_size."),
    ],
)
def test_what_cannot_be_learned_from_is_said(arguments, letter):
    with pytest.raises(InputError) as error:
        TextEncoder.fit(**arguments)
    assert letter in str(error.value)


def test_pieces_and_vocabulary_must_agree():
    with pytest.raises(InputError, match=r"must be the same\.\nReceived: 1 pieces, a vocabulary of 2 tokens"):
        TextEncoder(get_tokenizer("subwords", pieces=["▁a"]), Vocabulary())


def test_the_room_loads_neither_tensorflow_nor_keras():
    heavy = {"tensorflow", "keras", "numpy", "sentencepiece"}
    code = f"import sys, keras_seq.text; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
