"""`builtin:dates`: dates as people write them in three dozen languages -> ISO 8601, `2026-11-21`.

    samedi 21 novembre 2026, NOVEMBER 21ST, 2026, 二〇二六年十一月二十一日, 21 พฤศจิกายน ค.ศ. ๒๐๒๖

No sentence can be read two ways. Numbers alone are day-month in one place and month-day in another:
- With the year first they stay: no locale of CLDR writes the day before the month then.
- With dots they stay: no locale of CLDR writes the month first.
- With slashes or hyphens and the year last they stay only where the day is above 12 or the same number as the
  month. 21/11/2026 and 11/21/2026 can be read; 03/04/2026 cannot, and does not occur.

A month's name is the same month in all the languages here (`date_patterns` says what was left out for that).

The day, the language, the pattern and how it is written depend on seed, split and place alone; only the
names of months and days of the week come from babel, which changes them rarely.
"""

import datetime
import functools
import random
import re

from keras_seq.data.date_patterns import DIGITS, ISO, NO_CAPITALS, PATTERNS
from keras_seq.data.examples import Examples
from keras_seq.data.splitting import fraction_of, normalised
from keras_seq.errors import InputError

NAME = "builtin:dates"
SPLITS = {"train": 20_000, "validation": 1_000, "test": 1_000}
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)

OWN_DIGITS = 0.3  # of the dates in a language that has them
CAPITALS, SMALL = 0.1, 0.15  # of all dates: in capitals, in small letters
IN_ISO = 0.02

TWO_READINGS = re.compile(r"(d+([/-])M+|M+([/-])d+)[/-]y")
ENDINGS = {
    "{th}": lambda day: "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th"),
    "{er}": lambda day: "er" if day == 1 else "",
}


def load(name: str, split: str, seed: int = 0) -> Examples:
    """Generate one split: 20,000, 1,000 or 1,000 dates of the years 1900 to 2099; no sentence comes twice.

    A hash of the day says in which split it is, whatever the seed: the days of the test never occur in
    training, in no language.

    Raises:
        InputError: babel is not installed.
    """
    columns: dict[str, list[str]] = {"source": [], "target": []}
    seen: set[str] = set()
    for place in range(SPLITS[split]):
        rng = random.Random(f"{name} {seed} {split} {place}")
        while True:
            day = _day(rng, split)
            text = _written(rng, day)
            if text is not None and normalised(text) not in seen:
                break
        seen.add(normalised(text))
        columns["source"].append(text)
        columns["target"].append(day.isoformat())
    return Examples(columns, name, split)


def split_of_day(day: datetime.date) -> str:
    """The split of a day: "test" and "validation" have a tenth of all days each."""
    fraction = fraction_of(day.isoformat(), salt="dates ")
    return "test" if fraction < 0.1 else "validation" if fraction < 0.2 else "train"


def _day(rng: random.Random, split: str) -> datetime.date:
    while True:
        day = datetime.date.fromordinal(rng.randint(FIRST.toordinal(), LAST.toordinal()))
        if split_of_day(day) == split:
            return day


def _written(rng: random.Random, day: datetime.date) -> str | None:
    """The day as somebody writes it; None where that could be read as another day."""
    language = rng.choice(list(PATTERNS))
    pattern = rng.choice(ISO if rng.random() < IN_ISO else PATTERNS[language])
    if TWO_READINGS.fullmatch(pattern) and day.day <= 12 and day.day != day.month:
        return None
    text = _format(day, pattern, language)
    for ending, of in ENDINGS.items():
        text = text.replace(ending, of(day.day))
    if language in DIGITS and rng.random() < OWN_DIGITS:
        text = _in_own_digits(text, language)
    letters = rng.random()
    if language in NO_CAPITALS or letters > CAPITALS + SMALL:
        return text
    return text.upper() if letters < CAPITALS else text.lower()


def _format(day: datetime.date, pattern: str, language: str) -> str:
    locale = _locale(language)
    from babel.dates import format_date

    return format_date(day, pattern, locale=locale)


@functools.cache
def _locale(language: str):
    """Babel's `Locale` of a language, or how to get babel."""
    try:
        from babel import Locale
    except ImportError as error:
        raise InputError(
            f"{NAME} needs the PyPI package babel, which cannot be imported here ({error}).\n"
            "Install it: pip install 'keras_seq[translation]'"
        ) from error
    return Locale.parse(language)


def _in_own_digits(text: str, language: str) -> str:
    digits = DIGITS[language]
    if not language.startswith("zh"):
        return text.translate(str.maketrans("0123456789", digits))
    if "年" not in text:  # 2026/11/21 is never written so
        return text
    return re.sub("[0-9]+", lambda number: _chinese_number(number[0], digits), text)


def _chinese_number(number: str, digits: str) -> str:
    """A year digit by digit, 二〇二六; a smaller number as it is said, 二十一."""
    if len(number) > 2:
        return "".join(digits[int(digit)] for digit in number)
    tens, ones = divmod(int(number), 10)
    said_tens = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return said_tens + (digits[ones] if ones else "")
