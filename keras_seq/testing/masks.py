import warnings

import keras
import numpy as np
from keras import ops

from keras_seq.testing.case import Case, to_numpy
from keras_seq.testing.differences import expect, expect_close
from keras_seq.testing.padding import kept_part


class Masked(keras.layers.Layer):
    """Hands its first input on with its second as the mask."""

    def call(self, inputs):
        return inputs[0]

    def compute_mask(self, inputs, previous_mask=None):
        return inputs[1]


class ReceivedMask(keras.layers.Layer):
    """The mask that arrives with the input, as int32; remembers whether one did."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.received = None

    def call(self, inputs, mask=None):
        self.received = mask is not None
        return ops.cast(mask, "int32") if self.received else ops.zeros((1, 1), "int32")


def masks(case: Case) -> None:
    """Masks that come with the inputs act as masks that are passed, and the output carries on its own."""
    if not case.masks:
        return
    layer = case.new()
    expected = case.run(layer)
    symbols, arriving = {}, {}
    for name, array in case.inputs.items():
        symbols[name] = arriving[name] = keras.Input(array.shape[1:], dtype=array.dtype, name=name)
        if name in case.masks:
            keep = symbols[f"{name}_keep"] = keras.Input(
                case.masks[name].shape[1:], dtype="bool", name=f"{name}_keep"
            )
            arriving[name] = Masked(name=f"{name}_masked", dtype=array.dtype)([arriving[name], keep])
    received = ReceivedMask()
    given = {**case.inputs, **{f"{name}_keep": mask for name, mask in case.masks.items()}}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not support mask")  # told below
        outputs = case.call(layer, arriving)
        model = keras.Model(symbols, [*outputs, received(outputs[0])])
        *got, mask = to_numpy(model(given))
    kept = [kept_part(case, output) for output in expected]
    expect_close(got, expected, "masks that come with the inputs, against masks passed", case.tolerance, kept)
    if case.mask_out is None:
        expect(not received.received, "its output carries a mask, and should not")
    else:
        wanted = f"the mask of '{case.mask_out}'" if isinstance(case.mask_out, str) else "its own mask"
        expect(received.received, f"its output has lost {wanted}")
        same = np.array_equal(mask.astype(bool), case.output_mask)
        expect(same, f"its output carries a mask that is not {wanted}")
