"""Places of the world by their English and Chinese names, from CLDR by babel.

The cities after which time zones are called, and the countries and regions.
"""

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from keras_seq.data.splitting import fraction_of
from keras_seq.errors import InputError

LANGUAGES = {"en": "en_US", "zh": "zh_Hans_CN"}  # the languages, and whose manner of writing
NOT_CITIES = ("Etc/", "Antarctica/")
NOT_COUNTRIES = ("AQ", "EU", "EZ", "QO", "UM", "UN", "XA", "XB", "ZZ")
NAMES = {
    "en": re.compile(r"[^\W\d_]+\.?([ '’-][^\W\d_]+\.?)*"),  # Port-au-Prince, St. John’s; not "Knox, Indiana"
    "zh": re.compile(r"[\u4e00-\u9fff]{2,7}"),
}


class Place(NamedTuple):
    """A place by its two names."""

    en: str
    zh: str


def split_places(needed_by: str) -> dict[str, list[Place]]:
    """Return the places of each split, by a hash of the English name: about 65, 15 and 20 per cent.

    No name of one split stands in a name of another, in either language.

    Args:
        needed_by: who asks, as the error names it.

    Raises:
        InputError: babel is not installed.
    """
    splits: dict[str, list[Place]] = {"train": [], "validation": [], "test": []}
    for place in _apart(_candidates(needed_by)):
        fraction = fraction_of(place.en, salt="places ")
        splits["test" if fraction < 0.2 else "validation" if fraction < 0.35 else "train"].append(place)
    return splits


@functools.cache
def locale(language: str, needed_by: str):
    """Return babel's `Locale` of a language, or say how to get babel."""
    try:
        from babel import Locale
    except ImportError as error:
        raise InputError(
            f"{needed_by} needs the PyPI package babel, which cannot be imported here ({error}).\n"
            "Install it: pip install 'keras_seq[tagging]'"
        ) from error
    return Locale.parse(LANGUAGES[language])


def _candidates(needed_by: str) -> Iterator[Place]:
    en, zh = (locale(language, needed_by) for language in LANGUAGES)
    for zone in sorted(zh.time_zones):
        city = en.time_zones.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
        if not zone.startswith(NOT_CITIES) and "city" in zh.time_zones[zone]:
            yield Place(city, zh.time_zones[zone]["city"])
    for code in sorted(en.territories):
        if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES and code in zh.territories:
            yield Place(en.territories[code], zh.territories[code])


def _apart(candidates: Iterator[Place]) -> Iterator[Place]:
    """Leave out names that hold another, as "Papua New Guinea" holds "Guinea"; the first come stay."""
    kept: list[Place] = []
    for place in candidates:
        if not (is_name(place.en, "en") and is_name(place.zh, "zh")):
            continue
        if any(overlap(one, other) for known in kept for one, other in zip(place, known, strict=True)):
            continue
        kept.append(place)
        yield place


def is_name(name: str, language: str) -> bool:
    """Whether a name is written as names of places usually are."""
    return NAMES[language].fullmatch(name) is not None


def overlap(one: str, other: str) -> bool:
    """Whether one of two names stands in the other, by whole words or Chinese characters."""
    return _words(one) in _words(other) or _words(other) in _words(one)


@functools.cache
def _words(name: str) -> str:
    """The words of a name between spaces; of a Chinese one, its characters."""
    return " " + " ".join(re.findall(r"[\u4e00-\u9fff]|[^\W_]+", name.casefold())) + " "
