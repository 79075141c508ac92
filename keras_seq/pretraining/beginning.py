"""Where the vectors of words begin."""

from collections.abc import Sequence

import numpy as np

from keras_seq.pretraining.counted_words import learn_word_vectors
from keras_seq.pretraining.some_texts import evenly_spread

__all__ = ["first_vectors"]


def first_vectors(
    source: str, tokens: Sequence[str], token_ids: Sequence[Sequence[int]], width: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray] | None:
    """The vectors that an embedding begins with, as the setting `embeddings` says.

    Args:
        source: "random"; "counted", from the training texts; or a word2vec or GloVe file.
        tokens: the words, by id.
        token_ids: of each training text; of rows of ids the first is a word's. Vectors are counted in some
            of the texts where there are very many, see `evenly_spread`.
        width: of the vectors; a file has its own.
        seed: of counted vectors.

    Returns:
        float32 `(len(tokens), width)`, and which words have one, bool `(len(tokens),)`; None for "random".

    Raises:
        InputError: the file is missing or damaged.
    """
    if source == "random":
        return None
    if source == "counted":
        words = [ids if np.ndim(ids) < 2 else ids[:, 0] for ids in evenly_spread(token_ids)]
        return learn_word_vectors(words, len(tokens), width, seed=seed), np.ones(len(tokens), bool)
    from keras_seq.data import read_word_vectors

    return read_word_vectors(source, tokens)
