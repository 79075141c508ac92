import keras
import numpy as np

from keras_seq.testing.case import Case, is_float
from keras_seq.testing.derivatives import derivatives
from keras_seq.testing.differences import expect, expect_close

_ROUGHLY = {"float32": None, "mixed_float16": 0.02, "mixed_bfloat16": 0.1}


def precision(case: Case) -> None:
    """Under float32, mixed_float16 and mixed_bfloat16: finite on inputs × 100 and on a fully masked row.

    The gradients are finite there too, the result is in the compute dtype (attention weights and context
    alike), and on plain inputs roughly what float32 gives.
    """
    plain = case.run(case.new())
    large = {name: array * 100 if is_float(array) else array for name, array in case.inputs.items()}
    empty = {
        name: mask & (np.arange(len(mask)) > 0)[(...,) + (None,) * (mask.ndim - 1)]
        for name, mask in case.masks.items()
    }
    for policy, tolerance in _ROUGHLY.items():
        layer = case.new(policy)
        for output in case.call(layer):
            dtype = keras.backend.standardize_dtype(output.dtype)
            wanted = layer.compute_dtype
            expect(
                not keras.backend.is_float_dtype(dtype) or dtype == wanted,
                f"under {policy} a result is in {dtype}",
            )
        if tolerance is not None:
            expect_close(case.run(layer), plain, f"under {policy}, against float32", tolerance)
        for what, inputs, masks in (
            ("inputs × 100", large, case.masks),
            ("a fully masked row", case.inputs, empty),
            ("a fully masked row of inputs × 100", large, empty),
        ):
            outputs = case.run(layer, inputs, masks)
            for number, output in enumerate(outputs):
                expect(
                    bool(np.isfinite(output).all()), f"under {policy}, {what}: output {number} is not finite"
                )
            if policy == "float32":
                pulls = [np.ones(output.shape) for output in outputs]
                for group in derivatives(case, layer, pulls, inputs, masks):
                    for name, gradient in group.items():
                        expect(
                            bool(np.isfinite(gradient).all()), f"{what}: the gradient by {name} is not finite"
                        )
