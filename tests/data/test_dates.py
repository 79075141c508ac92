"""The generated dates, read a second time by a reader that knows neither pattern nor language."""

import datetime
import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict

import pytest

from keras_seq.data import dates, list_data, load_data, splits
from keras_seq.data.date_patterns import DIGITS, PATTERNS
from keras_seq.data.splitting import normalised
from keras_seq.errors import InputError

pytest.importorskip("babel")
from babel.dates import get_date_format, get_month_names  # noqa: E402
from babel.localedata import locale_identifiers  # noqa: E402

NAME = "builtin:dates"
SPLITS = ("train", "validation", "test")
SAID = """一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十 二十一 二十二 二十三
          二十四 二十五 二十六 二十七 二十八 二十九 三十 三十一""".split()  # fmt: skip  # noqa: SIM905


@pytest.fixture(scope="module")
def every():
    return {split: load_data(NAME, "translation", split) for split in SPLITS}


@pytest.fixture(scope="module")
def pairs(every):
    return [pair for examples in every.values() for pair in zip(*examples.columns.values(), strict=True)]


@pytest.fixture(scope="module")
def months():
    """word -> the months that it names in any of the languages; names with numbers are left to `numbers`."""
    found = defaultdict(set)
    for language in PATTERNS:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, locale=language).items():
                if not re.search("[0-9月]", name):
                    found[("ב" if language == "he" else "") + bare(name)].add(month)  # Hebrew "in"
    return found


def bare(text):
    return re.sub(r"[\s.]+", " ", text.casefold()).strip()


def numbers(text):
    """The numbers in a text, in whatever digits."""
    text = re.sub("[〇一二三四五六七八九十]+(?=[年月日号])", lambda said: chinese(said[0]), text)
    text = "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in text)
    return [int(number) for number in re.findall("[0-9]+", text)]


def chinese(said):
    if said in SAID:
        return str(SAID.index(said) + 1)
    return "".join(str("〇一二三四五六七八九".index(digit)) for digit in said)


def readings(text, named):
    """Every day that somebody might understand: a month by its name, or in numbers, in every usual order."""
    found = numbers(text)
    if named:
        year, day = sorted(found, reverse=True)
        orders = [(year, month, day) for month in named]
    elif found[0] > 31:
        orders = [tuple(found)]
    else:
        orders = [tuple(found[::-1])]
        if "/" in text or "-" in text:
            orders.append((found[2], found[0], found[1]))
    return {datetime.date(*order) for order in orders if order[1] <= 12}


def test_a_sentence_says_one_day_however_it_is_read(pairs, months):
    names = "|".join(map(re.escape, sorted(months, key=len, reverse=True)))
    words = re.compile(rf"(?<![^\W\d_])({names})(?![^\W\d_]|[\u0900-\u0dff])")
    counts = Counter()
    for text, target in pairs:
        named = {month for word in words.findall(bare(text)) for month in months[word]}
        assert len(numbers(text)) == (2 if named else 3), text
        assert readings(text, named) == {datetime.date.fromisoformat(target)}, text
        counts[bool(named)] += 1
    assert min(counts.values()) > 2_000


def test_no_name_is_that_of_two_months(months):
    assert len(months) > 400
    assert not {name: found for name, found in months.items() if len(found) > 1}


def test_no_locale_of_cldr_contradicts_how_numbers_are_read():
    """With dots the day comes before the month, with the year first the month before the day."""
    seen = Counter()
    for identifier in locale_identifiers():
        for width in ("medium", "short"):
            pattern = get_date_format(width, locale=identifier).pattern
            order = re.sub("[^dMy]", "", re.sub("'[^']*'", "", pattern))
            if "MMM" in order:
                continue
            order = "".join(dict.fromkeys(order))
            if "." in pattern and not order.startswith("y"):
                assert order == "dMy", (identifier, pattern)
                seen["dots"] += 1
            elif order.startswith("y"):
                assert order == "yMd", (identifier, pattern)
                seen["year first"] += 1
            else:
                seen[order] += 1
    assert len(seen) == 4 and min(seen.values()) > 20  # slashes and hyphens: both orders


def test_the_sizes_are_as_listed(every):
    assert splits(NAME, "translation") == SPLITS
    row = next(row for row in list_data("translation") if row.name == NAME)
    assert "/".join(f"{len(every[split]):,}" for split in SPLITS) == row.size
    assert f"as {len(PATTERNS)} languages write them" in row.origin


def test_no_sentence_comes_twice_and_the_days_are_those_of_two_centuries(every, pairs):
    for examples in every.values():
        assert len(set(map(normalised, examples["source"]))) == len(examples)
    assert all(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", target) for _, target in pairs)
    days = [datetime.date.fromisoformat(target) for _, target in pairs]
    assert {day.year for day in days} == set(range(1900, 2100))
    assert len({(day.month, day.day) for day in days}) == 366


def test_no_day_of_the_test_or_the_validation_occurs_in_training_whatever_the_seed(every):
    days = {split: set(examples["target"]) for split, examples in every.items()}
    days["train"] |= set(load_data(NAME, "translation", "train", seed=5)["target"])
    assert not days["train"] & days["test"]
    assert not days["train"] & days["validation"]
    assert not days["validation"] & days["test"]


def test_all_patterns_digits_and_letters_of_either_case_are_used(every, monkeypatch):
    used = Counter()
    monkeypatch.setattr(dates, "_format", lambda day, pattern, language: used.update([(language, pattern)]))
    monkeypatch.setattr(dates, "ENDINGS", {})
    monkeypatch.setattr(dates, "DIGITS", {})
    monkeypatch.setattr(dates, "NO_CAPITALS", PATTERNS)
    for place in range(5_000):
        dates._written(dates.random.Random(place), datetime.date(2020, 5, 25))
    assert {(language, pattern) for language, some in PATTERNS.items() for pattern in some} <= set(used)
    texts = every["train"]["source"]
    letters = Counter(letter for text in texts for letter in text)
    assert all(letters[digit] > 20 for digits in DIGITS.values() for digit in digits)
    assert all(list(map(unicodedata.numeric, digits)) == list(range(10)) for digits in DIGITS.values())
    cased = [text for text in texts if text.upper() != text.lower()]
    assert sum(text.isupper() for text in cased) > 500 and sum(text.islower() for text in cased) > 5_000


def test_chinese_numbers_are_said_and_years_are_spelt():
    said = [dates._in_own_digits(f"2026年1月{day}日", "zh_Hans") for day in range(1, 32)]
    assert said == [f"二〇二六年一月{number}日" for number in SAID]
    assert dates._in_own_digits("2026/11/21", "zh_Hans") == "2026/11/21"


def test_endings_are_those_of_ordinals():
    th, er = dates.ENDINGS["{th}"], dates.ENDINGS["{er}"]
    endings = {day: th(day) for day in range(1, 32) if th(day) != "th"}
    assert endings == {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    assert [day for day in range(1, 32) if er(day)] == [1]


def test_a_seed_fixes_everything_and_another_changes_it(every):
    assert load_data(NAME, "translation", "test") == every["test"]
    assert load_data(NAME, "translation", "test", seed=1).columns != every["test"].columns


def test_the_first_dates_are_these(every):
    """What is drawn depends on neither babel nor platform: what a run was trained on stays what it was."""
    first = {split: every[split]["target"][:4] for split in ("train", "test")}
    assert first == {
        "train": ["2079-07-08", "2020-06-04", "1932-03-23", "2015-10-04"],
        "test": ["2047-09-24", "1958-03-31", "2024-06-02", "1974-02-24"],
    }
    assert every["train"]["source"][1:4] == ["2020年6月4日", "23. maaliskuuta 1932", "2015. okt. 4."]
    assert every["test"]["source"][1:3] == ["1958. március 31., hétfő", "2.6.2024"]


def test_another_process_writes_the_same(every):
    code = (
        "import hashlib, sys; from keras_seq.data import load_data;"
        f"e = load_data({NAME!r}, 'translation', 'validation');"
        "print(hashlib.sha256(repr(e.columns).encode()).hexdigest(), 'tensorflow' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    here = hashlib.sha256(repr(every["validation"].columns).encode()).hexdigest()
    assert run.stdout.split() == [here, "False"], run.stderr


def test_without_babel_the_command_that_installs_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel", None)
    dates._locale.cache_clear()
    with pytest.raises(InputError) as caught:
        load_data(NAME, "translation")
    assert "builtin:dates needs the PyPI package babel" in str(caught.value)
    assert "pip install 'keras_seq[translation]'" in str(caught.value)


def test_an_option_that_means_nothing_here_is_refused():
    with pytest.raises(InputError, match="has its own columns. Received: --source-language de. Leave it out"):
        load_data(NAME, "translation", source_language="de")
