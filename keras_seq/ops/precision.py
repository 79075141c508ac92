"""In which floating-point width a thing is computed."""

import ml_dtypes
from keras import backend, ops

__all__ = ["at_least_float32", "lowest"]


def at_least_float32(tensor):
    """The same numbers in float32, or in float64 where they already were: for sums and exponentials."""
    return ops.cast(tensor, backend.result_type(backend.standardize_dtype(tensor.dtype), "float32"))


def lowest(tensor):
    """The smallest finite number of the tensor's dtype."""
    return float(ml_dtypes.finfo(backend.standardize_dtype(tensor.dtype)).min)
