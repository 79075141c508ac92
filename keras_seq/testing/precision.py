import keras
import numpy as np

from keras_seq.testing.case import Case, is_float, to_numpy
from keras_seq.testing.derivatives import derivatives
from keras_seq.testing.differences import expect, expect_close

_ROUGHLY = {"float32": None, "mixed_float16": 0.02, "mixed_bfloat16": 0.1}
_HARD = ("inputs × 100", "a fully masked row", "a fully masked row of inputs × 100")


def precision(case: Case) -> None:
    """Under float32, mixed_float16 and mixed_bfloat16: finite on inputs × 100 and on a fully masked row.

    The gradients are finite there too, the result is in the compute dtype (attention weights and context
    alike), and on plain inputs roughly what float32 gives.
    """
    kinds, inputs, masks = _hard_batch(case)
    plain = []
    for policy, tolerance in _ROUGHLY.items():
        layer = case.new(policy)
        results = case.call(layer)
        for output in results:
            dtype = keras.backend.standardize_dtype(output.dtype)
            wanted = layer.compute_dtype
            expect(
                not keras.backend.is_float_dtype(dtype) or dtype == wanted,
                f"under {policy} a result is in {dtype}",
            )
        if tolerance is None:
            plain = to_numpy(results)
        else:
            expect_close(to_numpy(results), plain, f"under {policy}, against float32", tolerance)
        outputs = case.run(layer, inputs, masks)
        for number, output in enumerate(outputs):
            _expect_finite(output, kinds, f"under {policy}, {{}}: output {number}")
        if policy == "float32":
            pulls = [np.ones(output.shape) for output in outputs]
            by_inputs, by_weights = derivatives(case, layer, pulls, inputs, masks)
            for name, gradient in by_inputs.items():
                _expect_finite(gradient, kinds, f"{{}}: the gradient by {name}")
            for name, gradient in by_weights.items():
                _expect_finite(gradient[None], [" or ".join(kinds)], f"{{}}: the gradient by {name}")


def _hard_batch(case):
    """What is hard, as one batch: of what kind each part of it is, inputs, masks."""
    large = {name: array * 100 if is_float(array) else array for name, array in case.inputs.items()}
    if not case.masks:
        return _HARD[:1], large, {}
    empty = {
        name: mask & (np.arange(len(mask)) > 0)[(...,) + (None,) * (mask.ndim - 1)]
        for name, mask in case.masks.items()
    }
    inputs = {name: np.concatenate([large[name], array, large[name]]) for name, array in case.inputs.items()}
    masks = {name: np.concatenate([mask, empty[name], empty[name]]) for name, mask in case.masks.items()}
    return _HARD, inputs, masks


def _expect_finite(array, kinds, what):
    for kind, part in zip(kinds, np.split(array, len(kinds)), strict=True):
        expect(bool(np.isfinite(part).all()), f"{what.format(kind)} is not finite")
