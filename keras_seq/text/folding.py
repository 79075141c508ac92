"""How a word is looked up: kept as it is for its letters, folded for the vocabulary of words."""

import re

from keras_seq.text.characters import clean

__all__ = ["folded"]

_DIGIT = re.compile("[0-9]")


def folded(word: str, lowercase: bool = False, digits: bool = True) -> str:
    """A word as the vocabulary knows it.

    Args:
        word: the word; what `clean` takes away of a text goes first.
        lowercase: fold capitals to small letters.
        digits: read every digit as 0, so that a number is known by its form.

    Example:
        >>> folded("1998"), folded("PR6329", lowercase=True), folded("B-52", digits=False)
        ('0000', 'pr0000', 'B-52')
    """
    word = clean(word, lowercase)
    return _DIGIT.sub("0", word) if digits else word
