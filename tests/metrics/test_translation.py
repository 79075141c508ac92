"""Numbers of sacreBLEU reach the caller unchanged, with the tokens that the language asks for."""

import math
import sys

import pytest

from keras_seq.errors import InputError
from keras_seq.metrics import bleu_by_length, translation_scores, translation_signature

pytest.importorskip("sacrebleu")

REFERENCES = ["A man sleeps in a green room on a couch.", "Two dogs run, fast!", "Yes."]
TRANSLATIONS = ["A man sleeps in a room on a green couch.", "Two  dogs run, fast! ", "No."]


def test_bleu_is_what_its_formula_says():
    """One sentence by hand: tokens of 13a are words and the full stop."""
    told = translation_scores(["the cat sat on the mat ."], ["the cat sat on a mat ."], "en")
    precisions = (6 / 7) * (4 / 6) * (2 / 5) * (1 / 4)  # of 1, 2, 3 and 4 tokens
    assert told["bleu"] == pytest.approx(100 * precisions**0.25)
    short = translation_scores(["the cat sat on the mat ."], ["the cat sat on the"], "en")
    assert short["bleu"] == pytest.approx(100 * math.exp(1 - 7 / 5))


def test_exact_match_passes_over_white_space_and_nothing_else():
    assert translation_scores(REFERENCES, TRANSLATIONS)["exact_match"] == 1 / 3
    assert translation_scores(["a b", "Ab"], ["a\u3000b\n", "ab"])["exact_match"] == 0.5


def test_the_same_is_a_hundred_and_nothing_is_zero():
    same = translation_scores(REFERENCES, REFERENCES)
    assert same["bleu"] == pytest.approx(100) and same["chrf"] == pytest.approx(100)
    assert same["exact_match"] == 1
    assert translation_scores(REFERENCES, [""] * 3) == {"bleu": 0, "chrf": 0, "exact_match": 0}


@pytest.mark.parametrize(
    ("language", "tokens"),
    [
        ("zh", "zh"), ("zh-CN", "zh"), ("zh_TW", "zh"), ("ZH", "zh"), ("cmn", "zh"),
        ("de", "13a"), (None, "13a"), ("", "13a"), ("ko", "13a"), ("ja", "char"), ("th", "char"),
    ],
)  # fmt: skip
def test_the_language_decides_what_a_token_is(language, tokens):
    signature = translation_signature(language)
    assert f"|tok:{tokens}|" in signature["bleu"] and signature["bleu"].startswith("nrefs:1|case:mixed")
    assert signature["chrf"].startswith("nrefs:1|") and set(signature) == {"bleu", "chrf", "exact_match"}


def test_chinese_is_counted_by_characters():
    references, translations = ["他昨天去了北京。"], ["他昨天去了南京。"]
    assert translation_scores(references, translations, "zh")["bleu"] > 40
    assert translation_scores(references, translations, "en")["bleu"] == 0


def test_buckets_are_scored_as_if_they_were_alone():
    references = [f"{'long ' * n}sentence number {n} ." for n in range(12)]
    translations = [f"{'long ' * n}sentence {'of ' * (n % 3)}number {n} ." for n in range(12)]
    lengths = list(range(12))
    rows = bleu_by_length(references, translations, lengths, "en", edges=(3, 8))
    assert [(row["shortest"], row["longest"], row["sentences"]) for row in rows] == [
        (0, 3, 4),
        (4, 8, 5),
        (9, 11, 3),
    ]
    for row, some in zip(rows, (slice(0, 4), slice(4, 9), slice(9, 12)), strict=True):
        assert row["bleu"] == translation_scores(references[some], translations[some], "en")["bleu"]
    assert len({row["bleu"] for row in rows}) == 3


def test_an_empty_bucket_is_left_out():
    rows = bleu_by_length(REFERENCES, TRANSLATIONS, [10, 90, 10])
    assert [(row["shortest"], row["sentences"]) for row in rows] == [(10, 2), (90, 1)]


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ValueError, match="Received: 3 references and 1 translations"):
        translation_scores(REFERENCES, ["a"])
    with pytest.raises(ValueError, match="there is no sentence"):
        translation_scores([], [])
    with pytest.raises(ValueError, match="Received: 3 references and 1 lengths"):
        bleu_by_length(REFERENCES, TRANSLATIONS, [3])
    with pytest.raises(ValueError, match=r"Received: edges=\(5, 5\)"):
        bleu_by_length(REFERENCES, TRANSLATIONS, [1, 2, 3], edges=[5, 5])


def test_without_the_judge_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    with pytest.raises(InputError, match=r"sacrebleu, which is not installed\.\nInstall it: pip install"):
        translation_scores(REFERENCES, TRANSLATIONS)
