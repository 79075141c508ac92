"""Names of places that do not exist, so that there is no end of them to learn from."""

import functools
import random
import re
from collections.abc import Iterator, Sequence

from keras_seq.data.flight_phrases import CHINESE
from keras_seq.data.places import Place, is_name, overlap

WORD = re.compile(r"[^\W\d_]{3,}|[\u4e00-\u9fff]{2,}")
STRANGE = 0.3  # of the characters of every second Chinese name


def made_up_names(
    rng: random.Random, places: Sequence[Place], elsewhere: Sequence[Place], language: str
) -> Iterator[str]:
    """Yield, without end, names whose words begin as one place's and end as another's: "Dakondon", "圣塔林".

    The words stand as in a real name ("Port of Dakondon"), and every way of standing comes up often.
    In half of the Chinese names some characters are others. Half of these are rare, so that unknown ones are
    learnt; half stand in the phrases too, as 不 does and 不丹 holds it: so they say nothing of themselves.

    Args:
        rng: draws them.
        places: whose names are taken apart.
        elsewhere: places whose names must not stand in a new one, nor a new one in theirs.
        language: of the names, "en" or "zh".
    """
    names = [getattr(place, language) for place in places]
    words = [word for name in names for word in WORD.findall(name)]
    shapes = sorted({WORD.sub("_", name) for name in names})  # "_ of _", "St. _", "_-_"; in Chinese "_"
    unseen = [getattr(place, language) for place in elsewhere]
    while True:
        shape = rng.choice(shapes) if rng.random() < 0.5 else WORD.sub("_", rng.choice(names))
        name = re.sub("_", lambda _: _word(rng, words), shape)
        if language == "zh" and rng.random() < 0.5:
            name = "".join(_strange_character(rng) if rng.random() < STRANGE else one for one in name)
        if is_name(name, language) and not any(overlap(name, other) for other in unseen):
            yield name


def _word(rng: random.Random, words: Sequence[str]) -> str:
    one, other = rng.sample(words, 2)
    return one[: rng.randint(1, len(one))] + other[rng.randint(1, len(other) - 1) :]


def _strange_character(rng: random.Random) -> str:
    return chr(rng.randint(0x4E00, 0x9FA5)) if rng.random() < 0.5 else rng.choice(_characters_of_phrases())


@functools.cache
def _characters_of_phrases() -> list[str]:
    return sorted(set(re.findall(r"[\u4e00-\u9fff]", "".join(map("".join, CHINESE.values())))))
