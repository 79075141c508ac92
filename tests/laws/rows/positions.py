import functools

import numpy as np
from keras import ops

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import SEQUENCE, VALUE_MASK


def _one_by_one(layer, arguments):
    inputs = arguments["inputs"]
    return np.concatenate(
        [ops.convert_to_numpy(layer(inputs[:, t : t + 1], start=t)) for t in range(inputs.shape[1])], axis=1
    )


ROWS = {
    "LearnedPositions": Case(
        functools.partial(layers.LearnedPositions, max_length=10),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "LearnedPositions, step by step": Case(
        functools.partial(layers.LearnedPositions, max_length=10, embeddings_initializer="random_normal"),
        {"inputs": SEQUENCE},
        steps=_one_by_one,
    ),
    "SinusoidalPositions": Case(
        functools.partial(layers.SinusoidalPositions, base=100),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
        "inputs",
    ),
    "SinusoidalPositions, step by step": Case(
        layers.SinusoidalPositions, {"inputs": SEQUENCE}, steps=_one_by_one
    ),
    "RotaryPositions": Case(
        functools.partial(layers.RotaryPositions, base=100), {"inputs": SEQUENCE}, steps=_one_by_one
    ),
}
