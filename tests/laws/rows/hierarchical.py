import functools

import keras
import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import B, S, T, floats

WORDS = floats(B, T, S, 6)
WORD_MASK = np.array(
    [
        [[True, True, True, False, False], [True, False, False, False, False], [False] * 5],
        [[True, True, False, False, False], [True] * 4 + [False], [True, True, True, False, False]],
    ]
)


def _of_a_given_attention(dtype=None):
    return layers.HierarchicalAttention(
        word_encoder=keras.layers.Dense(7, activation="tanh", dtype=dtype),
        attention=layers.Attention("scaled_dot", dropout=0.4, seed=3, dtype=dtype),
        dtype=dtype,
    )


ROWS = {
    "HierarchicalAttention": Case(
        functools.partial(layers.HierarchicalAttention, word_encoder=4, sentence_encoder=7),
        {"inputs": WORDS},
        {"inputs": WORD_MASK},
    ),
    "HierarchicalAttention, of a given attention": Case(
        _of_a_given_attention, {"inputs": WORDS}, {"inputs": WORD_MASK}
    ),
}
