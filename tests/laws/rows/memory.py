import functools

import numpy as np

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import TOKEN_IDS, VALUE_MASK, B, floats

MEMORY = np.array(
    [[[5, 3, 9, 0], [4, 0, 0, 0], [0, 0, 0, 0]], [[2, 7, 0, 0], [6, 1, 8, 3], [9, 2, 0, 0]]], "int32"
)  # (B, 3, 4)
_STORIES = {"query": TOKEN_IDS, "memory": MEMORY}
_IDS = {"query": TOKEN_IDS != 0, "memory": MEMORY != 0}

ROWS = {
    "MemoryHops": Case(
        functools.partial(layers.MemoryHops, units=7, hops=3, max_age=4),
        {"query": floats(B, 6), "memory": floats(B, 5, 6)},
        {"memory": VALUE_MASK},
    ),
    "MemoryHops, layer-wise": Case(
        functools.partial(layers.MemoryHops, units=4, hops=2, tying="layer_wise"),
        {"query": floats(B, 3), "memory": floats(B, 5, 6)},
        {"memory": VALUE_MASK},
    ),
    "EndToEndMemory": Case(
        functools.partial(layers.EndToEndMemory, vocabulary_size=10, units=7, hops=2, answer=True),
        _STORIES,
        _IDS,
    ),
    "EndToEndMemory, layer-wise": Case(
        functools.partial(
            layers.EndToEndMemory, vocabulary_size=10, units=7, hops=2, tying="layer_wise", max_age=2
        ),
        _STORIES,
        _IDS,
    ),
}
