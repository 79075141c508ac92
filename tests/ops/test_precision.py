"""Sums and exponentials are taken in float32 or wider."""

import pytest
from keras import backend, ops

from keras_seq.ops.precision import at_least_float32


@pytest.mark.parametrize(
    "given, expected",
    [("float16", "float32"), ("bfloat16", "float32"), ("float32", "float32"), ("float64", "float64")],
)
def test_a_tensor_becomes_at_least_float32(given, expected):
    assert backend.standardize_dtype(at_least_float32(ops.ones((2,), given)).dtype) == expected
