"""Layers in LiteRT: builtin operators only, with batch and length unknown."""

import numpy as np

from keras_seq.export.runtime import TFLiteModel
from tests.export.conftest import converted, with_loud_weights


def assert_same_in_lite(model, random, atol):
    """A model of token ids, with large weights, names and gives the same outputs in LiteRT as in Keras."""
    model = with_loud_weights(model)
    lite = TFLiteModel(converted(model))
    for batch, length in ((1, 1), (2, 7), (5, 12)):
        ids = random.integers(1, 500, size=(batch, length)).astype("int32")
        ids[-1, length // 2 :] = 0
        found, expected = lite.run(ids), model(ids)
        assert set(found) == set(expected)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], atol=atol, err_msg=name)
