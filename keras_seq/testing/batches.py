import numpy as np

from keras_seq.testing.case import Case
from keras_seq.testing.differences import expect_close


def batches(case: Case) -> None:
    """A batch gives what its items give one by one."""
    layer = case.new()
    together = case.run(layer)
    size = next(iter(case.inputs.values())).shape[0]
    apart = []
    for item in range(size):
        one = slice(item, item + 1)
        inputs = {name: array[one] for name, array in case.inputs.items()}
        masks = {name: mask[one] for name, mask in case.masks.items()}
        apart.append(case.run(layer, inputs, masks))
    joined = [np.concatenate(parts) for parts in zip(*apart, strict=True)]
    expect_close(joined, together, "items one by one, against the batch", case.tolerance)
