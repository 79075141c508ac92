"""The tables of characters, against Unicode as Python knows it and against themselves."""

import hashlib
import re
import unicodedata

import pytest

from keras_seq.errors import InputError
from keras_seq.text.characters import (
    CLASSES,
    CODE_POINTS,
    EXTEND,
    FLAG,
    IGNORED,
    JOINER,
    SPACE,
    SYMBOL,
    UNSPACED,
    WORD,
    character_set,
    class_of,
    clean,
    decode,
    folding,
    looks_unspaced,
)

OLD = unicodedata.ucd_3_2_0  # the same in every version of Python
BASIC_PLANE = range(0x10000)

EXPECTED = {
    "L": {WORD, UNSPACED},
    "N": {WORD, UNSPACED},
    "M": {EXTEND, IGNORED},
    "P": {SYMBOL, JOINER},
    "S": {SYMBOL},
    "Z": {SPACE},
    "Cc": {SPACE},
    "Co": {SPACE},
    "Cs": {SPACE},
}
# What we see otherwise than Unicode's general categories, and why.
EXCEPTIONS = {
    IGNORED: "AD 640",  # stretching is for the looks
    SPACE: "115F-1160 3164 FFA0 F0B-F0C 1361 180E 2581 FFFC-FFFD",  # invisible letters; marks used as spaces
    EXTEND: "FF9E-FF9F",  # sound marks of half width
    # letters made signs, numbers in rings
    SYMBOL: "2100-214F 2460-24FF 2776-2793 3192-3195 3220-3229 3248-325F 3280-3289 32B1-32BF",
    UNSPACED: "2E80-2FDF",  # parts of ideographs
}


def _members(ranges):
    for one in ranges.split():
        first, _, last = one.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _expected(category):
    return EXPECTED.get(category) or EXPECTED.get(category[0], set(range(8)))


def test_classes_follow_the_general_categories_but_for_named_exceptions():
    excused = {code: one for one, ranges in EXCEPTIONS.items() for code in _members(ranges)}
    wrong = []
    for code in BASIC_PLANE:
        # Unicode 3.2 or today's: a few characters have moved, and what 3.2 did not have yet is not asked for.
        expected = _expected(OLD.category(chr(code))) | _expected(unicodedata.category(chr(code)))
        if CLASSES[code] not in expected and excused.get(code) != CLASSES[code]:
            wrong.append(f"U+{code:04X}")
    assert wrong == []


@pytest.mark.parametrize(
    "characters, expected",
    [
        ("aZéßñøŁжЖΩאبअ한ㅋ9٣²½ªƒ𝓵", WORD),
        ("好𠮷㐀のカﾃㄅก一〇々ກကកꀀ", UNSPACED),
        (".,!?-–—“”…$€%&@#_+=()《》。，！👍😀❤☺™℃①♥", SYMBOL),
        ("'’·״׳", JOINER),
        ("🇩🇪", FLAG),
        ("\u0301\u064b\u093f\u0e31\u0e49\u200d\u3099🏽\U000e0067\u20e3", EXTEND),
        (" \t\n\r\x00\x1f\x7f\x85\u00a0\u2028\u2029\u3000\u200b▁", SPACE),
        ("\ufffd\uffff\ue000\ud800\udfff\U0010ffff", SPACE),
        ("\u00ad\u200c\u200e\u202e\ufeff\ufe0f\u0640\u2060\U000e0100", IGNORED),
    ],
)
def test_well_known_characters_have_their_class(characters, expected):
    assert [class_of(character) for character in characters] == [expected] * len(characters)


def test_every_line_break_python_knows_is_a_space():
    breaks = [code for code in range(CODE_POINTS) if len(f"a{chr(code)}b".splitlines()) > 1]
    assert {CLASSES[code] for code in breaks} == {SPACE} and len(breaks) > 8


def test_digits_of_scripts_without_spaces_make_numbers():
    assert all(class_of(digit) == WORD for digit in "๐๙໐၀០꧐")


def test_folding_is_one_to_one_stays_in_the_class_and_is_done_once():
    for lowercase in (False, True):
        table = folding(lowercase)
        assert all(CLASSES[code] == CLASSES[folded] for code, folded in table.items())
        assert not set(table) & set(table.values())


def test_folding_is_what_python_calls_lower_case():
    own = {0x130: ord("i"), 0x2019: ord("'")}  # lower() would make two characters of the first
    assert folding(True) == own | {code: ord(chr(code).lower()) for code in folding(True) if code not in own}


def test_capitals_of_living_scripts_are_all_folded():
    living = [*range(0x220), *range(0x370, 0x590), *range(0x1E00, 0x2000)]
    rare = {0x1A6, 0x3F4, 0x3F7, 0x3F9, 0x3FA, 0x3FD, 0x3FE, 0x3FF}  # letters of linguists and old Greek
    capitals = {c for c in living if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)}
    assert capitals - rare <= set(folding(True))


def test_clean_folds_and_drops_what_is_ignored():
    assert clean("Don’t CO\u00adOPERATE \ufeffÄ❤\ufe0f") == "don't cooperate ä❤"
    assert clean("Don’t CO\u00adOPERATE", lowercase=False) == "Don't COOPERATE"


def test_character_sets_hold_exactly_their_classes():
    everything = "".join(map(chr, range(CODE_POINTS)))
    for classes in ((WORD,), (EXTEND, WORD), (SYMBOL, JOINER), (FLAG,)):
        found = {ord(character) for character in re.findall(character_set(*classes), everything)}
        assert found == {code for code in range(CODE_POINTS) if CLASSES[code] in classes}
    assert not re.search(character_set(FLAG, below=0x80), everything)


def test_decode_takes_anything_that_is_text_and_nothing_else():
    assert decode("é\ud800") == "é\ud800"
    assert decode(b"a\xffb\xe2\x82") == "a\ufffdb\ufffd"
    with pytest.raises(InputError, match=r"must be a str or UTF-8 bytes\.\nReceived: 12 \(int\)"):
        decode(12)


def test_unspaced_text_is_recognised():
    for text in ("这部电影很好看，10分！", "หนังเรื่องนี้สนุกมาก", "映画を見た"):
        assert looks_unspaced(text) and looks_unspaced(text.encode())
    for text in ("A film called 好.", "정말 재미있어요", ""):
        assert not looks_unspaced(text)


def test_the_tables_are_those_that_saved_models_were_made_with():
    # A change here changes the ids of texts. If it must be: a new version of the rules in encoder.py, and
    # the old tables stay for models of the old version.
    digest = hashlib.sha256(CLASSES + repr(sorted(folding(True).items())).encode()).hexdigest()
    assert digest[:16] == "644f79c552c21abd"
