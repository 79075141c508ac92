"""`builtin:flights`: what people say to a booking office, in English and Chinese, with slots and intents.

After the classic example 我想订一张12月2号去台北的票: whether 台北 is where the flight goes or where it
leaves is said by what stands beside it, never by the name. No place of one split comes in another, so a
tagger cannot know the test's names by heart. Most of the training's places are made up of the parts of real
names: of unseen names there is no end. Dates, times and names of places are written by babel.
"""

import datetime
import random
import string
from collections.abc import Callable, Iterator, Mapping, Sequence

from keras_seq.data.examples import Examples
from keras_seq.data.flight_phrases import (
    AIRLINES,
    CLASSES,
    GRAMMARS,
    INTENTS,
    NEXT,
    NUMERALS,
    PERIODS,
    QUESTIONS,
    RELATIVE,
    SLOTS,
)
from keras_seq.data.made_up_places import made_up_names
from keras_seq.data.places import LANGUAGES, Place, locale, split_places
from keras_seq.data.spans import tags_of_spans
from keras_seq.data.splitting import normalised
from keras_seq.text import WordTokenizer

NAME = "builtin:flights"
SPLITS = {"train": 8000, "validation": 500, "test": 500}

DATES = {
    "en": ("MMMM d", "MMMM d", "MMM d", "d MMMM", "EEEE, MMMM d", "EEE, MMM d", "MMMM d, y", "M/d"),
    "zh": ("M月d日", "M月d号", "M月d号", "M月d日EEE", "M月d号EEEE", "y年M月d日"),
}
TIMES = {
    "en": ("h:mm a", "h:mm a", "h a", "H:mm"),
    "zh": ("ah点mm分", "ah点", "ah点", "H:mm", "H点"),
}
MARKS = {
    "en": ((".", ".", "!"), ("?",)),
    "zh": (("。", "。", "！"), ("？",)),
}  # after statements, after questions
MADE_UP = 0.7  # of the places of the training sentences
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

Pieces = list[tuple[str, str | None]]  # what is said, and which slot it fills


def load(name: str, split: str, seed: int = 0) -> Examples:
    """Generate one split: 8,000, 500 or 500 sentences, half of each language; none comes twice in all splits.

    The tokens are those that `WordTokenizer` finds in the text: words, and single Chinese characters.

    Raises:
        InputError: babel is not installed.
    """
    places = split_places(name)
    seen: set[str] = set()
    for part, count in SPLITS.items():  # those before it too: what they say must not come again
        rng = random.Random(f"{name} {seed} {part}")
        made_up = {}
        if part == "train":
            unseen = [place for other, found in places.items() if other != part for place in found]
            made_up = {each: made_up_names(rng, places[part], unseen, each) for each in LANGUAGES}
        columns: dict[str, list] = {"tokens": [], "tags": [], "intent": [], "text": []}
        while len(columns["text"]) < count:
            language = list(LANGUAGES)[len(columns["text"]) % 2]
            intent = rng.choice(INTENTS)
            pieces = _sentence(rng, language, intent, _route(rng, language, places[part], made_up))
            text = "".join(piece for piece, _ in pieces)
            if normalised(text) in seen:
                continue
            seen.add(normalised(text))
            tokens = WordTokenizer(lowercase=False).split(text)
            columns["tokens"].append([token.text for token in tokens])
            columns["tags"].append(tags_of_spans(tokens, _spans(pieces)))
            columns["intent"].append(intent)
            columns["text"].append(text)
        if part == split:
            return Examples(columns, name, split)
    raise AssertionError(f"no split {split!r}")


def _route(
    rng: random.Random, language: str, places: Sequence[Place], made_up: Mapping[str, Iterator[str]]
) -> list[str]:
    """Where a flight leaves and where it goes."""
    names = [getattr(place, language) for place in rng.sample(places, 2)]
    return [next(made_up[language]) if made_up and rng.random() < MADE_UP else name for name in names]


def _sentence(rng: random.Random, language: str, intent: str, route: Sequence[str]) -> Pieces:
    """A sentence of an intent, written as carefully or carelessly as people do."""
    pieces = list(_expand(rng, GRAMMARS[language], intent, _words(rng, language, *route)))
    if language == "en" and rng.random() < 0.4:
        pieces = [(piece.lower(), slot) for piece, slot in pieces]
    elif language == "en":
        first, slot = pieces[0]
        pieces[0] = (first[:1].upper() + first[1:], slot)
    if rng.random() < 0.6:
        pieces.append((rng.choice(MARKS[language][intent in QUESTIONS]), None))
    return pieces


def _expand(
    rng: random.Random, grammar: dict[str, tuple[str, ...]], symbol: str, words: dict[str, Callable[[], str]]
) -> Iterator[tuple[str, str | None]]:
    """One of the phrases of a symbol, with its symbols expanded in turn."""
    for literal, inner, _, _ in string.Formatter().parse(rng.choice(grammar[symbol])):
        if literal:
            yield literal, None
        if inner in words:
            yield words[inner](), SLOTS[inner]
        elif inner is not None:
            yield from _expand(rng, grammar, inner, words)


def _words(rng: random.Random, language: str, leave: str, arrive: str) -> dict[str, Callable[[], str]]:
    """What fills the slots of one sentence."""
    return {
        "from": lambda: leave,
        "to": lambda: arrive,
        "calendar": lambda: _date(rng, language),
        "relative": lambda: _relative(rng, language),
        "clock": lambda: _time(rng, language),
        "period": lambda: rng.choice(PERIODS[language]),
        "tickets": lambda: rng.choice(NUMERALS[language]),
        "class": lambda: rng.choice(CLASSES[language]),
        "airline": lambda: rng.choice(AIRLINES[language]),
        "number": lambda: f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}{rng.randrange(100, 10_000)}",
    }


def _date(rng: random.Random, language: str) -> str:
    from babel.dates import format_date

    day = datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(730))
    return format_date(day, rng.choice(DATES[language]), locale=locale(language, NAME))


def _relative(rng: random.Random, language: str) -> str:
    from babel.dates import get_day_names

    if rng.random() < 0.6:
        return rng.choice(RELATIVE[language])
    width = "wide" if language == "en" else "abbreviated"
    names = get_day_names(width, locale=locale(language, NAME))
    return rng.choice(NEXT[language]).format(names[rng.randrange(7)])


def _time(rng: random.Random, language: str) -> str:
    from babel.dates import format_time

    pattern = rng.choice(TIMES[language])
    time = datetime.time(rng.randrange(5, 24), rng.choice((0, 15, 30, 45)) if "mm" in pattern else 0)
    said = format_time(time, pattern, locale=locale(language, NAME))
    return said.replace("点00分", "点").replace("点30分", "点半")


def _spans(pieces: Pieces) -> Iterator[tuple[int, int, str]]:
    start = 0
    for piece, slot in pieces:
        if slot:
            yield start, start + len(piece), slot
        start += len(piece)
