import numpy as np

from keras_seq.testing.case import Case, is_float, mask_arguments
from keras_seq.testing.derivatives import derivatives
from keras_seq.testing.differences import expect, expect_close

_BAD = (1e18, -1e18, np.nan)  # the square of the first is still a float32; 0 times the last is nan
_ADDED = 4


def padding(case: Case) -> None:
    """Padding changes nothing that is kept: neither other numbers on it, huge ones and nan, nor more of it.

    Neither the outputs nor the gradients change, and the gradient of what stands on padding is exactly 0.
    (That weights on padding are exactly 0 is the law of weights.)
    """
    if not case.masks:
        return
    layer = case.new()
    for name in case.masks:
        takes = name in mask_arguments(layer, case.inputs) or not is_float(case.inputs[name])
        expect(takes, f"it takes no mask for '{name}'")
    before = case.run(layer)
    kept = [kept_part(case, output) for output in before]
    random = np.random.default_rng(1)

    for name, mask in case.masks.items():
        if not is_float(case.inputs[name]):
            continue  # padding among ids is the id 0, and nothing else
        changed = case.inputs[name].copy()
        changed[~mask] = random.choice(_BAD, size=changed[~mask].shape)
        after = case.run(layer, {**case.inputs, name: changed})
        expect_close(after, before, f"other numbers on the padding of '{name}'", case.tolerance, kept)
        _expect_same_gradients(case, layer, name, changed, before, kept)

    for name, mask in case.masks.items():
        for length in mask.shape[1:]:  # words have one, sentences of words two
            inputs, masks = _with_more_padding(case, length)
            after = [
                output[tuple(slice(size) for size in first.shape)]
                for output, first in zip(case.run(layer, inputs, masks), before, strict=True)
            ]
            expect_close(after, before, f"{_ADDED} more steps of padding on '{name}'", case.tolerance, kept)


def kept_part(case: Case, output: np.ndarray) -> np.ndarray | None:
    """Where an output is kept: its mask put on the axis that has the mask's length, or None: everywhere."""
    mask = case.output_mask
    if mask is None:
        return None
    axis = next((axis for axis in range(1, output.ndim) if output.shape[axis] == mask.shape[1]), None)
    if axis is None:
        return None
    shape = [1] * output.ndim
    shape[0], shape[axis] = mask.shape[0], mask.shape[1]
    return mask.reshape(shape)


def _expect_same_gradients(case, layer, name, changed, outputs, kept):
    random = np.random.default_rng(2)
    pulls = [
        random.normal(size=output.shape) * (1.0 if part is None else part)
        for output, part in zip(outputs, kept, strict=True)
    ]
    by_inputs, by_weights = derivatives(case, layer, pulls)
    changed_by_inputs, changed_by_weights = derivatives(case, layer, pulls, {**case.inputs, name: changed})
    letter = f"other numbers on the padding of '{name}', gradient"
    mask = case.masks[name]
    expect(not by_inputs[name][~mask].any(), f"the gradient by the padding of '{name}' is not exactly 0")
    expect(
        not changed_by_inputs[name][~mask].any(), f"the gradient by bad padding of '{name}' is not exactly 0"
    )
    tolerance = 10 * case.tolerance  # gradients sum over more numbers
    expect_close(list(changed_by_inputs.values()), list(by_inputs.values()), f"{letter} by inputs", tolerance)
    expect_close(
        list(changed_by_weights.values()), list(by_weights.values()), f"{letter} by weights", tolerance
    )


def _with_more_padding(case, length):
    """Every axis of this length, in every array, some steps longer; masks drop them."""

    def longer(array, fill):
        for axis in range(1, array.ndim):
            if array.shape[axis] == length:
                widths = [(0, 0)] * array.ndim
                widths[axis] = (0, _ADDED)
                array = np.pad(array, widths, constant_values=fill)
        return array

    fills = {"f": 37.0, "b": True, "i": 0, "u": 0}
    inputs = {key: longer(array, fills[array.dtype.kind]) for key, array in case.inputs.items()}
    masks = {key: longer(mask, False) for key, mask in case.masks.items()}
    return inputs, masks
