"""The regular expressions of the tokenizers, against a loop over characters that says the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.errors import InputError
from keras_seq.text.characters import (
    EXTEND,
    FLAG,
    IGNORED,
    JOINER,
    SPACE,
    SYMBOL,
    UNSPACED,
    WORD,
    class_of,
    decode,
    single_spaced,
)
from keras_seq.text.tokenizers import (
    CharacterTokenizer,
    SubwordTokenizer,
    Token,
    WordTokenizer,
    get_tokenizer,
    join,
)
from tests.text.lines import BORDERLINE, SENTENCES, as_bytes, hard_lines, long_lines

PIECES = [
    *("▁", "▁a", "a", "a'", "▁a'é", "é", "▁ist", "ist", "is", "e", "▁th", "the", "!"),
    *("好", "▁好", "の好", "が", "👩\u200d"),
]
TOKENIZERS = [
    WordTokenizer(),
    WordTokenizer(lowercase=False),
    CharacterTokenizer(),
    CharacterTokenizer(lowercase=False),
    SubwordTokenizer(PIECES),
    SubwordTokenizer([], lowercase=False),
]
KEEPING_SPACES = [
    WordTokenizer(lowercase=False, keep_spaces=True),
    CharacterTokenizer(keep_spaces=True),
    SubwordTokenizer(PIECES, lowercase=False, keep_spaces=True),
]


def _name(tokenizer):
    case = "lowercase" if tokenizer.lowercase else "as it is"
    return f"{tokenizer.kind}-{case}{'-spaces' if tokenizer.keep_spaces else ''}"


every_tokenizer = pytest.mark.parametrize("tokenizer", TOKENIZERS + KEEPING_SPACES, ids=_name)
texts = st.text(st.sampled_from(BORDERLINE) | st.characters(exclude_categories=[]), max_size=30)


def dull_split(text, tokenizer):
    """One character after another, each joining the token before it or not."""
    text = decode(text)
    seen = [(place, character) for place, character in enumerate(text) if class_of(character) != IGNORED]
    tokens, carrier, flags = [], SPACE, 0  # carrier: the class of the last character that was no mark
    for i, (place, character) in enumerate(seen):
        before = seen[i - 1][1] if i else " "
        after = seen[i + 1][1] if i + 1 < len(seen) else " "
        kind = class_of(character)
        flags = flags + 1 if kind == FLAG else 0
        if kind == SPACE:
            carrier = SPACE
            continue
        if kind == JOINER:
            words_around = carrier == WORD and class_of(after) == WORD and tokenizer.kind != "characters"
            kind = WORD if words_around else SYMBOL
        if kind == EXTEND and class_of(before) == SPACE:
            kind = SYMBOL
        joins = {
            EXTEND: True,
            WORD: carrier == WORD and tokenizer.kind != "characters",
            UNSPACED: carrier == UNSPACED and tokenizer.kind == "subwords",
            SYMBOL: carrier == SYMBOL and before == "\u200d",
            FLAG: flags % 2 == 0,
        }[kind]
        if joins:
            tokens[-1] = (tokens[-1][0], place + 1)
        else:
            tokens.append((place, place + 1))
        if kind != EXTEND:
            carrier = kind
    split = [Token(tokenizer.clean(text[start:end]), start, end) for start, end in tokens]
    if tokenizer.keep_spaces:
        split = list(dull_marks(split, text, tokenizer.kind))
    if tokenizer.kind != "subwords":
        return split
    return [piece for chunk in split for piece in dull_pieces(chunk, text, tokenizer)]


def dull_marks(split, text, kind):
    """Tokens with "▁" where a space stands before them."""
    for number, token in enumerate(split):
        between = range(split[number - 1].end if number else 0, token.start)
        spaces = [place for place in between if class_of(text[place]) == SPACE]
        if kind == "characters":
            if spaces and number:
                yield Token("▁", spaces[0], spaces[-1] + 1)
            yield token
        elif spaces if number else class_of(token.text[0]) != UNSPACED:
            yield Token("▁" + token.text, token.start, token.end)
        else:
            yield token


def dull_pieces(chunk, text, tokenizer):
    places = [place for place in range(chunk.start, chunk.end) if class_of(text[place]) != IGNORED]
    marked, at = chunk.text if tokenizer.keep_spaces else "▁" + chunk.text, 0
    mark = marked.startswith("▁")
    while at < len(marked):
        fitting = (piece for piece in tokenizer.pieces if marked.startswith(piece, at))
        piece = max(fitting, key=len, default=marked[at])
        inner = places[max(at - mark, 0) : at - mark + len(piece)]
        if inner:
            yield Token(piece, inner[0], inner[-1] + 1)
        else:
            yield Token(piece, places[0], places[0])
        at += len(piece)


@every_tokenizer
def test_the_expression_says_what_the_dull_loop_says(tokenizer):
    for line in hard_lines():
        assert tokenizer.split(line) == dull_split(line, tokenizer), line


@every_tokenizer
def test_the_expression_says_what_the_dull_loop_says_on_long_lines(tokenizer):
    for line in long_lines():
        assert tokenizer.split(line) == dull_split(line, tokenizer)


@every_tokenizer
@settings(max_examples=100)
@given(text=texts)
def test_any_text_is_split_as_the_dull_loop_splits_it(tokenizer, text):
    assert tokenizer.split(text) == dull_split(text, tokenizer)


@every_tokenizer
@settings(max_examples=100)
@given(text=texts)
def test_offsets_slice_back_and_every_visible_character_is_in_one_token(tokenizer, text):
    split = tokenizer.split(text)
    covered = []
    for token in split:
        covers = single_spaced(tokenizer.clean(text[token.start : token.end]))
        assert covers == token.text.removeprefix("▁")
        places = range(token.start, token.end)
        covered.extend(place for place in places if class_of(text[place]) not in (SPACE, IGNORED))
    assert covered == [place for place, one in enumerate(text) if class_of(one) not in (SPACE, IGNORED)]


@every_tokenizer
@settings(max_examples=50)
@given(text=texts)
def test_tokens_are_those_of_split_and_bytes_are_read_as_their_text(tokenizer, text):
    tokens = [token.text for token in tokenizer.split(text)]
    assert tokenizer.tokens(text) == tokens
    assert tokenizer.tokens(as_bytes(text)) == tokens


@every_tokenizer
@settings(max_examples=50)
@given(line=st.binary(max_size=30))
def test_any_bytes_are_split_like_the_text_they_decode_to(tokenizer, line):
    assert tokenizer.split(line) == tokenizer.split(line.decode("utf-8", errors="replace"))


@pytest.mark.parametrize("tokenizer", TOKENIZERS[:4], ids=_name)
@settings(max_examples=100)
@given(text=texts)
def test_tokens_set_apart_by_spaces_are_the_same_tokens(tokenizer, text):
    tokens = tokenizer.tokens(text)
    assert tokenizer.tokens(" ".join(tokens)) == tokens


@every_tokenizer
def test_no_token_can_be_a_special_one_or_break_a_line(tokenizer):
    tokens = {token for line in hard_lines() for token in tokenizer.tokens(line)}
    assert not tokens & {"", "[PAD]", "[UNK]", "[END]"}
    assert all(len(token.splitlines()) == 1 and token.encode() for token in tokens)


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("Don't miss O’Neill's 'best' film!", "don't miss o'neill's ' best ' film !"),
        ("rock'n'roll a''b well-known 8.5", "rock'n'roll a ' ' b well - known 8 . 5"),
        ("这部电影 IMAX版很好看，10分！", "这 部 电 影 imax 版 很 好 看 ， 10 分 ！"),
        ("コーヒーが好き", "コ ー ヒ ー が 好 き"),
        ("안녕하세요 세계!", "안녕하세요 세계 !"),
        ("น้ำตา ๕๕๕", "น้ ำ ต า ๕๕๕"),
        ("ÜBER İstanbul ΟΔΌΣ", "über istanbul οδόσ"),
        ("می\u200cخواهم جميــل", "میخواهم جميل"),
        ("नमस्ते।", "नमस्ते ।"),
        ("👍🏽👩\u200d💻❤\ufe0f🇩🇪🇫🇷🇯x", "👍🏽 👩\u200d💻 ❤ 🇩🇪 🇫🇷 🇯 x"),
        ("co\u00adoperate\x00now\ufffd!\n", "cooperate now !"),
        ("", ""),
        (" \t\ufeff", ""),
    ],
)
def test_words(text, tokens):
    assert WordTokenizer().tokens(text) == tokens.split()


def test_characters_keep_their_marks():
    assert CharacterTokenizer().tokens("It's 很é́ 👩\u200d💻नि") == [*"it's很", "é́", "👩\u200d💻", "नि"]


def test_case_can_be_kept():
    assert WordTokenizer(lowercase=False).tokens("ÄRGER Don’t") == ["ÄRGER", "Don't"]


@pytest.mark.parametrize("tokenizer", KEEPING_SPACES, ids=_name)
@settings(max_examples=200)
@given(text=texts)
def test_tokens_that_keep_spaces_give_the_text_back(tokenizer, text):
    assert join(tokenizer.tokens(text)) == single_spaced(tokenizer.clean(text))


@pytest.mark.parametrize("tokenizer", KEEPING_SPACES, ids=_name)
def test_tokens_that_keep_spaces_give_hard_lines_back(tokenizer):
    for sentence in SENTENCES[:12]:  # nothing in these is cleaned away, but a capital may be
        sentence = sentence.lower() if tokenizer.lowercase else sentence
        assert join(tokenizer.tokens(sentence)) == sentence, sentence
    for line in [*hard_lines(), *long_lines()]:
        assert join(tokenizer.tokens(line)) == single_spaced(tokenizer.clean(decode(line))), line


@pytest.mark.parametrize(
    "tokenizer, text, tokens",
    [
        (KEEPING_SPACES[0], " Don’t go,  “Bo”!", ["▁Don’t", "▁go", ",", "▁“", "Bo", "”", "!"]),
        (KEEPING_SPACES[0], "我看 IMAX版。", ["我", "看", "▁IMAX", "版", "。"]),
        (KEEPING_SPACES[0], "8.5 km/h", ["▁8", ".", "5", "▁km", "/", "h"]),
        (KEEPING_SPACES[1], " It is\n很 好! ", [*"it▁is▁很▁好!"]),
        (
            KEEPING_SPACES[2],
            "that the a, の好が?",
            ["▁th", *"at", "▁th", "e", "▁a", ",", "▁", "の好", "が", "?"],
        ),
        (KEEPING_SPACES[2], "好a", ["好", "a"]),
    ],
)
def test_where_spaces_are_marked(tokenizer, text, tokens):
    assert tokenizer.tokens(text) == tokens


def test_what_is_cut_at_spaces_cannot_keep_them():
    with pytest.raises(InputError, match=r"cut at its spaces\.\nReceived: tokenizer='spaces', keep_spaces"):
        get_tokenizer("spaces", keep_spaces=True)


def test_capitals_and_small_letters_give_the_same_tokens():
    for sentence in SENTENCES:
        capitals = "".join(one.upper() if len(one.upper().lower()) == 1 else one for one in sentence)
        small = "".join(one.upper().lower() if len(one.upper().lower()) == 1 else one for one in sentence)
        assert WordTokenizer().tokens(capitals) == WordTokenizer().tokens(small)


def test_subwords_take_the_longest_piece_and_single_out_what_none_covers():
    tokenizer = SubwordTokenizer(["▁film", "▁fi", "s", "ing", "▁", "lm"])
    assert tokenizer.tokens("Films filming fix") == ["▁film", "s", "▁film", "ing", "▁fi", "x"]
    assert tokenizer.split("x")[0] == Token("▁", 0, 0)


def test_subwords_find_words_in_scripts_without_spaces():
    tokenizer = SubwordTokenizer(["▁这", "电影", "很", "好看", "▁", "部"])
    assert tokenizer.chunks("这部电影很好看！") == ["这部电影很好看", "！"]
    assert tokenizer.tokens("这部电影很好看！") == ["▁这", "部", "电影", "很", "好看", "▁", "！"]


def test_remembered_chunks_are_bounded_and_change_nothing():
    tokenizer = SubwordTokenizer(PIECES)
    tokenizer._MOST_CUTS = 3
    lines = hard_lines()[:300]
    for line in lines:
        assert tokenizer.tokens(line) == SubwordTokenizer(PIECES).tokens(line)
    assert len(tokenizer._cuts) <= 3


def test_get_tokenizer_gives_each_by_name():
    assert isinstance(get_tokenizer("words"), WordTokenizer)
    assert isinstance(get_tokenizer("characters", lowercase=False), CharacterTokenizer)
    assert get_tokenizer("subwords", pieces=["▁a"]).pieces == ["▁a"]
    assert not get_tokenizer("characters", lowercase=False).lowercase


@pytest.mark.parametrize("kind, near", [("wrds", "words"), ("subword", "subwords")])
def test_an_unknown_tokenizer_is_answered_with_the_nearest(kind, near):
    with pytest.raises(InputError) as error:
        get_tokenizer(kind)
    expected = f"No tokenizer has this name.\nReceived: tokenizer={kind!r}\nDid you mean {near!r}?"
    assert str(error.value) == expected


@pytest.mark.parametrize("kind", [None, 3, ["words"], ""])
def test_a_tokenizer_name_of_another_type_is_answered_too(kind):
    with pytest.raises(InputError, match="No tokenizer has this name"):
        get_tokenizer(kind)


def test_pieces_belong_to_subwords_only():
    with pytest.raises(InputError, match=r"'subwords' needs its pieces .*\nReceived: pieces=None"):
        get_tokenizer("subwords")
    with pytest.raises(InputError, match=r"'words' takes no pieces\.\nReceived: pieces=\['a'\]"):
        get_tokenizer("words", pieces=["a"])


@pytest.mark.parametrize("piece", ["", "a▁", "▁▁"])
def test_a_piece_that_cannot_be_is_refused(piece):
    with pytest.raises(InputError, match="A subword piece must not be empty") as error:
        SubwordTokenizer(["▁a", piece])
    assert str(error.value).endswith(f"Received: {piece!r}")
