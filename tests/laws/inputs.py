"""What the rows of the table are called on.

Sizes are all different, B 2, T 3, S 5, widths 7, 6 and 4, so that a swapped axis cannot hide.
"""

import numpy as np

B, T, S = 2, 3, 5
_random = np.random.default_rng(0)


def floats(*shape):
    return _random.normal(size=shape).astype("float32")


QUERY, VALUE, KEY = floats(B, T, 7), floats(B, S, 6), floats(B, S, 4)
WIDE_VALUE = floats(B, S, 7)
SEQUENCE = floats(B, S, 6)
QUERY_MASK = np.array([[True, True, False], [True, True, True]])
VALUE_MASK = np.array([[True, True, True, False, False], [True, True, True, True, False]])
KEY_MASK = np.array([[True, True, True, True, False], [True, True, True, True, False]])
CAUSAL = np.tril(np.ones((S, S), "bool"))[None].repeat(B, 0)
SOME = np.array([[[True, False, True, True, True]] * T, [[False, True, True, False, True]] * T])
TOKEN_IDS = np.array([[5, 3, 9, 0, 0], [4, 8, 2, 7, 0]], "int32")


def by_prefixes(layer, arguments):
    """Step t of a layer that reads from left to right needs nothing behind t."""
    inputs = arguments["inputs"]
    return np.concatenate([layer(inputs[:, : t + 1])[:, -1:] for t in range(inputs.shape[1])], axis=1)
