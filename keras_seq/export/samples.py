"""Texts to check an export on where real ones are few: every length, known words and unknown ones."""

import random
from collections.abc import Sequence

__all__ = ["generated_texts"]

_LENGTHS = (0, 1, 2, 3, 5, 8, 13, 31, 32, 33, 64, 100, 129, 200, 257, 512)
_UNKNOWN = "qzxv"


def generated_texts(words: Sequence[str], seed: int = 0) -> list[str]:
    """Texts of 0 to 512 random words, one in ten of them unknown, in mixed order; the same for the same seed.

    Args:
        words: the vocabulary's tokens without the special ones.
    """
    generator = random.Random(seed)
    texts = [
        " ".join(_UNKNOWN if generator.random() < 0.1 else generator.choice(words) for _ in range(length))
        for length in _LENGTHS
    ]
    generator.shuffle(texts)
    return [*texts, _UNKNOWN, " \n "]
