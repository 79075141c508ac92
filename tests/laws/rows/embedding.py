import functools

import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import TOKEN_IDS

SPELT = np.array(
    [[[5, 3, 9, 0], [4, 0, 0, 0], [0, 0, 0, 0]], [[2, 7, 0, 0], [6, 1, 8, 3], [9, 2, 0, 0]]], "int32"
)  # (B, 3 words, 4 characters)


def _spelling(make):
    """Character ids, padding among characters and words, and a mask of the words."""
    return Case(make, {"inputs": SPELT}, {"inputs": SPELT != 0}, mask_out=SPELT.any(-1))


ROWS = {
    "CharacterConvolution": _spelling(
        functools.partial(
            layers.CharacterConvolution, vocabulary_size=10, embedding_dim=5, filters=(2, 4), widths=(2, 5)
        )
    ),
    "CharacterRecurrence": _spelling(
        functools.partial(layers.CharacterRecurrence, vocabulary_size=10, embedding_dim=5, units=3)
    ),
    "LetterNgrams": _spelling(functools.partial(layers.LetterNgrams, slots=5, units=7, shortest=2)),
    "LetterNgrams, counted": _spelling(functools.partial(layers.LetterNgrams, slots=11)),
    "OneHot": Case(
        functools.partial(layers.OneHot, depth=8), {"inputs": TOKEN_IDS}, {"inputs": TOKEN_IDS != 0}, "inputs"
    ),
    "NgramEvidence": Case(
        functools.partial(layers.NgramEvidence, num_classes=3, longest=2, slots=53),
        {"token_ids": TOKEN_IDS},
        {"token_ids": TOKEN_IDS != 0},
    ),
    "WordDropout": Case(
        functools.partial(layers.WordDropout, rate=0.6, unknown_id=1, seed=3),
        {"inputs": TOKEN_IDS},
        {"inputs": TOKEN_IDS != 0},
        "inputs",
    ),
}
