"""Word vectors that somebody trained before: word2vec and GloVe text files."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_seq.errors import InputError

__all__ = ["read_word_vectors"]


def read_word_vectors(path: str | os.PathLike, tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the vectors of some words, in one pass; the others are never held in memory.

    A line is a word and its numbers, with spaces between; word2vec's first line (how many, how wide) is
    recognised. Lines of words that are not asked for are not looked into.

    Args:
        path: a UTF-8 text file.
        tokens: the words wanted, in the order of the rows.

    Returns:
        vectors float32 `(len(tokens), D)`, zeros where a word is not in the file, and which words are,
        bool `(len(tokens),)`.

    Raises:
        InputError: no such file, or a line whose numbers are none or of another count than the first's.
    """
    rows = {token: row for row, token in enumerate(tokens)}
    vectors, found, width = None, np.zeros(len(tokens), bool), None
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8", "replace").rstrip()
                word, _, numbers = text.partition(" ")
                if number == 1 and word.isdigit() and numbers.isdigit():
                    continue
                if width is None:
                    width = len(numbers.split())
                    if not width:
                        raise InputError(f"{path}, line {number}: expected a word and its numbers.")
                    vectors = np.zeros((len(tokens), width), np.float32)
                if word in rows and not _has_spaces(text, width):
                    vectors[rows[word]] = _vector(numbers, width, f"{path}, line {number}")
                    found[rows[word]] = True
    except OSError as error:
        raise InputError(f"The word vectors {path} cannot be read: {error.strerror}.") from error
    if vectors is None:
        raise InputError(f"{path} holds no word vectors. Expected lines of a word and its numbers.")
    return vectors, found


def _has_spaces(text: str, width: int) -> bool:
    """The word itself has spaces, as a few have in large GloVe files: behind its first part is no number."""
    first, *rest = text.rsplit(" ", width)[0].split(" ")
    return any(not part.replace(".", "").replace("-", "").isdigit() for part in rest)


def _vector(numbers: str, width: int, where: str) -> np.ndarray:
    try:
        vector = np.array(numbers.split(), np.float32)
    except ValueError:
        raise InputError(f"{where}: expected {width} numbers behind the word.") from None
    if len(vector) != width or not np.isfinite(vector).all():
        raise InputError(f"{where}: expected {width} numbers behind the word. Received: {len(vector)}.")
    return vector
