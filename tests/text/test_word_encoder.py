import json

import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.text import SpaceTokenizer, WordEncoder

SENTENCES = [["Rome", "in", "1998"], ["in", "Rome", "rome"], ["2004"]]


def test_a_row_is_the_folded_word_and_the_letters_as_they_are():
    encoder = WordEncoder.fit(SENTENCES, letters=5, lowercase=True)
    words, letters = encoder.vocabulary.tokens, encoder.characters.tokens
    assert set(words[2:]) == {"rome", "in", "0000"}
    for token in ("Rome", "rome", "2004", "Irony"):
        (row,) = encoder.encode([token])
        known = token.lower().translate(str.maketrans("0123456789", "0" * 10))
        assert row[0] == (words.index(known) if known in words else 1)
        expected = [letters.index(letter) if letter in letters else 1 for letter in token]
        assert row[1:].tolist() == (expected + [0] * 5)[:5]


def test_every_token_has_a_word_and_a_letter_so_that_none_is_taken_for_padding():
    encoder = WordEncoder.fit(SENTENCES, letters=3)
    rows = encoder.encode(["", "\N{SOFT HYPHEN}", "\N{ZERO WIDTH JOINER}", "[PAD]", "Rome"])
    assert (rows[:, :2] > 0).all() and rows.dtype == np.int32
    assert encoder.encode([]).shape == (0, 4)
    assert WordEncoder.fit(SENTENCES).encode(["in"]).shape == (1, 1)


@pytest.mark.parametrize("letters", [0, 4])
def test_files_give_the_same_encoder_again(letters, tmp_path):
    encoder = WordEncoder.fit(
        SENTENCES, "spaces", letters=letters, lowercase=True, digits=False, minimum_count=2
    )
    encoder.save(tmp_path)
    again = WordEncoder.load(tmp_path)
    tokens = [token.text for token in again.split("in ROME 1998, Rome")]
    assert tokens == ["in", "ROME", "1998,", "Rome"]
    np.testing.assert_array_equal(again.encode(tokens), encoder.encode(tokens))


@pytest.mark.parametrize("change", [{"rules": 2}, {"kind": "word"}, {"letters": True}, {"digits": None}])
def test_a_damaged_file_is_said(change, tmp_path):
    WordEncoder.fit(SENTENCES).save(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match="tokenizer.json: expected"):
        WordEncoder.load(tmp_path)


def test_spaces_part_tokens_and_offsets_are_of_the_text():
    text = "我们  喜欢\t电\N{SOFT HYPHEN}影 。"
    tokens = SpaceTokenizer(lowercase=False).split(text)
    assert [token.text for token in tokens] == ["我们", "喜欢", "电影", "。"]
    assert [text[token.start : token.end].replace("\N{SOFT HYPHEN}", "") for token in tokens] == [
        token.text for token in tokens
    ]


@pytest.mark.parametrize(
    ("tokens", "read"),
    [
        (["Rome"], True),
        (["Rio"], True),
        (["Rōma"], True),
        (["罗", "马"], False),
        (["罗", "!"], False),
        (["!"], True),
    ],
)
def test_a_word_is_read_by_itself_or_by_its_letters(tokens, read):
    encoder = WordEncoder.fit([["Rome", "in", "Rome", "!"]], letters=3)
    assert encoder.reads(tokens) == read
    of_words = WordEncoder.fit([["Rome", "in", "Rome", "!"]])
    assert of_words.reads(tokens) == (tokens in (["Rome"], ["!"]))
