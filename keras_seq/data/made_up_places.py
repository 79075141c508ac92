"""Names of places that do not exist, so that there is no end of them to learn from."""

import functools
import random
import re
from collections.abc import Iterator, Sequence

from keras_seq.data.flight_phrases import CHINESE
from keras_seq.data.places import Place, is_name, overlap

WORD = re.compile(r"[^\W\d_]{3,}|[\u4e00-\u9fff]{2,}")
WORDS = {"en": (1, 1, 2, 2, 3, 4), "zh": (1,)}  # how many words a name has; Chinese puts no spaces
STRANGE = 0.4  # of the Chinese names hold a character that names seldom hold


def made_up_names(
    rng: random.Random, places: Sequence[Place], elsewhere: Sequence[Place], language: str
) -> Iterator[str]:
    """Yield, without end, names whose words begin as one place's and end as another's: "Dakondon", "圣塔林".

    In some Chinese names one character is another. Half of these are rare, so that unknown ones are learnt;
    half stand in the phrases too, as 不 does and the name 不丹 holds it: so they say nothing of themselves.

    Args:
        rng: draws them.
        places: whose names are taken apart.
        elsewhere: places whose names must not stand in a new one, nor a new one in theirs.
        language: of the names, "en" or "zh".
    """
    words = [word for place in places for word in WORD.findall(getattr(place, language))]
    unseen = [getattr(place, language) for place in elsewhere]
    while True:
        name = " ".join(_word(rng, words) for _ in range(rng.choice(WORDS[language])))
        if language == "zh" and rng.random() < STRANGE:
            cut = rng.randrange(len(name))
            name = name[:cut] + _strange_character(rng) + name[cut + 1 :]
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
