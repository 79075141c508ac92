import functools

import numpy as np

from keras_seq import layers
from keras_seq.ops.chain import pack
from keras_seq.testing import Case
from tests.laws.inputs import VALUE_MASK, B, S, floats

_N = 4
_LOGITS = floats(B, S, _N)
_ALLOWED = [[True, True, False, True], [True, False, True, True], [False, True, True, True], [True] * 4]
_CHAIN = np.asarray(pack(floats(_N, _N), floats(_N), floats(_N), floats(B, S, _N), VALUE_MASK))

ROWS = {
    "CRF": Case(
        functools.partial(layers.CRF, num_tags=_N, initializer="glorot_uniform"),
        {"inputs": _LOGITS},
        {"inputs": VALUE_MASK},
    ),
    "CRF, with forbidden transitions": Case(
        functools.partial(
            layers.CRF,
            num_tags=_N,
            allowed=_ALLOWED,
            allowed_start=[True, True, False, True],
            allowed_end=[False, True, True, True],
        ),
        {"inputs": _LOGITS},
        {"inputs": VALUE_MASK},
    ),
    "ViterbiDecoder": Case(layers.ViterbiDecoder, {"inputs": _CHAIN}),
}
