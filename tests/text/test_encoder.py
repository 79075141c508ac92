"""Text to ids and the two files that carry it."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.errors import InputError
from keras_seq.text import SubwordTokenizer, TextEncoder, Vocabulary, get_tokenizer
from keras_seq.text.characters import decode, single_spaced
from tests.text.lines import BORDERLINE, SENTENCES, hard_lines

PIECES = ["▁", "▁a", "é", "好看"]


def encoders():
    yield TextEncoder.fit(SENTENCES, "words", 100)
    yield TextEncoder.fit(SENTENCES, "characters", 100, lowercase=False)
    yield TextEncoder(SubwordTokenizer(PIECES), Vocabulary(PIECES))


def writers(lowercase=False):
    """Encoders that give texts back, and end them."""
    rest = {"lowercase": lowercase, "keep_spaces": True, "end": True}
    yield TextEncoder.fit(SENTENCES, "words", 100, **rest)
    yield TextEncoder.fit(SENTENCES, "characters", 100, **rest)
    yield TextEncoder(SubwordTokenizer(PIECES, lowercase, keep_spaces=True), Vocabulary(PIECES, end=True))


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
    for i, encoder in enumerate([*encoders(), *writers()]):
        folder = tmp_path / str(i) / "run"
        encoder.save(folder)
        loaded = TextEncoder.load(folder)
        assert [loaded.encode(line) for line in lines] == [encoder.encode(line) for line in lines]
        assert repr(loaded) == repr(encoder) and loaded.vocabulary == encoder.vocabulary
        assert sorted(one.name for one in folder.iterdir()) == ["tokenizer.json", "vocabulary.txt"]


def test_the_tokenizer_file_is_plain(tmp_path):
    TextEncoder.fit(["a"], lowercase=False).save(tmp_path)
    settings = json.loads((tmp_path / "tokenizer.json").read_text())
    assert settings == {"kind": "words", "lowercase": False, "rules": 1}
    TextEncoder.fit(["a"], keep_spaces=True).save(tmp_path)
    settings = json.loads((tmp_path / "tokenizer.json").read_text())
    assert settings == {"kind": "words", "lowercase": True, "keep_spaces": True, "rules": 2}


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", '"kind": "words"'),
        (b"{", '"kind": "words"'),
        (b"[]", '"kind": "words"'),
        (b'{"kind": "words"}', '"kind": "words"'),
        (b'{"kind": "words", "lowercase": 1, "rules": 1}', "expected"),
        (b'{"kind": "words", "lowercase": true, "rules": 2}', "newer keras_seq"),
        (b'{"kind": "words", "lowercase": true, "rules": 1, "keep_spaces": true}', 'expected "rules": 2'),
        (b'{"kind": "words", "lowercase": true, "rules": 3, "keep_spaces": true}', "newer keras_seq"),
        (b'{"kind": "words", "lowercase": true, "rules": 2, "keep_spaces": "yes"}', "true or false"),
        (b'{"kind": "spaces", "lowercase": true, "rules": 2, "keep_spaces": true}', "cut at its spaces"),
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


def test_a_folder_holds_two_encoders(tmp_path):
    source, target, _ = writers()
    source.save(tmp_path, side="source")
    target.save(tmp_path, side="target")
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "tokenizer.source.json",
        "tokenizer.target.json",
        "vocabulary.source.txt",
        "vocabulary.target.txt",
    ]
    assert repr(TextEncoder.load(tmp_path, side="source")) == repr(source)
    assert repr(TextEncoder.load(tmp_path, side="target")) == repr(target)
    with pytest.raises(InputError, match=r"tokenizer\.json cannot be read"):
        TextEncoder.load(tmp_path)


texts = st.text(st.sampled_from(BORDERLINE) | st.characters(exclude_categories=[]), max_size=30)


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
@pytest.mark.parametrize("lowercase", [True, False])
@settings(max_examples=100)
@given(text=texts)
def test_a_text_of_known_characters_comes_back(kind, lowercase, text):
    cutter = get_tokenizer(kind, lowercase, [] if kind == "subwords" else None, keep_spaces=True)
    known = dict.fromkeys(cutter.tokens(text))
    tokenizer = cutter
    if kind == "subwords":
        known |= dict.fromkeys(["▁th", "a'", "の好", "👩\u200d"])
        tokenizer = SubwordTokenizer(list(known), lowercase, keep_spaces=True)
    encoder = TextEncoder(tokenizer, Vocabulary(list(known), end=True))
    ids = encoder.encode(text)
    assert 1 not in ids
    assert encoder.decode([*ids, 2, 0, 0]) == single_spaced(cutter.clean(decode(text)))


def test_learned_subwords_give_the_texts_of_two_languages_back():
    pytest.importorskip("sentencepiece")
    both = (
        ["Don’t go, “Bob”! 8.5 km", "a well-known  film"] * 5,
        ["我看 IMAX版的电影。", "Ärger, naïve  Größe!"] * 5,
    )
    encoder = TextEncoder.fit(both[0] + both[1], "subwords", 90, lowercase=False, keep_spaces=True, end=True)
    assert encoder.vocabulary.tokens[2] == "[END]" and encoder.vocabulary.end_id == 2
    assert len(encoder.vocabulary) <= 90 and encoder.tokenizer.pieces == encoder.vocabulary.learned
    for text in both[0] + both[1]:
        assert encoder.decode(encoder.encode(text)) == " ".join(text.split())
    assert any(len(piece) > 2 for piece in encoder.vocabulary.learned)


def test_unknown_tokens_are_shown_or_replaced_in_order():
    encoder = TextEncoder.fit(["She met him。这很好"], lowercase=False, keep_spaces=True, end=True)
    ids = encoder.encode("She saw him, 这很大")
    assert encoder.decode(ids) == "She [UNK] him [UNK] [UNK]很[UNK]"
    assert encoder.decode(ids, unknowns=["▁saw", ",", "▁那", "小"]) == "She saw him, 那很小"
    characters = TextEncoder.fit(["ab c"], "characters", keep_spaces=True)
    assert characters.decode(characters.encode("axb c")) == "a[UNK]b c"


def test_encoders_that_do_not_keep_spaces_set_tokens_apart():
    encoder = TextEncoder.fit(["It's good, isn't it?"])
    assert encoder.decode(encoder.encode("isn't it bad?")) == "isn't it [UNK] ?"
    subwords = TextEncoder(SubwordTokenizer(["▁it", "s", "▁", "?"]), Vocabulary(["▁it", "s", "▁", "?"]))
    assert subwords.decode(subwords.encode("its?")) == "its ?"


def test_decode_takes_arrays_and_says_what_does_not_fit():
    import numpy as np

    encoder = next(writers())
    assert encoder.decode(np.array([0, 2, 0], np.int32)) == "" == encoder.decode([])
    with pytest.raises(ValueError, match=r"from 0 to 99\. Received: ids from 3 to 100"):
        encoder.decode([3, 100])
    with pytest.raises(ValueError, match=r"Received: ids from -1 to 3"):
        encoder.decode([3, -1])
    with pytest.raises(ValueError, match=r"one token in its place: 1 here\. Received: unknowns of 2"):
        encoder.decode([3, 1], unknowns=["▁a", "▁b"])


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
