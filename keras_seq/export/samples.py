"""What an export is checked on: some of the real texts, and generated ones of every length."""

import random
from collections.abc import Sequence
from typing import Any

__all__ = ["generated_texts", "some_of"]

_LENGTHS = (0, 1, 2, 3, 5, 8, 13, 31, 32, 33, 64, 100, 129, 200, 257, 512)
_UNKNOWN = "qzxv"


def generated_texts(words: Sequence[str], seed: int = 0, longest: int = 512) -> list[str]:
    """Texts of random words, one in ten of them unknown, in mixed order; the same for the same seed.

    Args:
        words: the vocabulary's tokens without the special ones.
        seed: what is random.
        longest: the most words of a text; the fewest are none.
    """
    generator = random.Random(seed)
    texts = [
        " ".join(_UNKNOWN if generator.random() < 0.1 else generator.choice(words) for _ in range(length))
        for length in _LENGTHS
        if length <= longest
    ]
    generator.shuffle(texts)
    return [*texts, _UNKNOWN, " \n "]


def some_of(examples: Sequence[Any], most: int = 500) -> list[Any]:
    """Up to 500 of the examples, or another number, from all over them."""
    return list(examples[:: max(1, -(-len(examples) // most))])
