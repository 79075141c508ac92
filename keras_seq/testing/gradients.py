import numpy as np
from keras import ops

from keras_seq.testing.case import Case, is_float
from keras_seq.testing.derivatives import derivatives, pulled
from keras_seq.testing.differences import expect

_STEP = 1e-6
_TOLERANCE = 1e-5


def gradients(case: Case) -> None:
    """Gradients = finite differences, in float64, by every input and every weight.

    ⟨gradient, d⟩ = (f(x + εd) - f(x - εd)) / 2ε        for a random direction d
    """
    layer = case.new("float64")
    inputs = {
        name: array.astype("float64") if is_float(array) else array for name, array in case.inputs.items()
    }
    random = np.random.default_rng(5)
    pulls = [random.normal(size=output.shape) for output in case.run(layer, inputs)]

    def value(given):
        outputs = case.call(layer, case.arguments(layer, given))
        return float(ops.convert_to_numpy(pulled(outputs, pulls, "float64")))

    by_inputs, by_weights = derivatives(case, layer, pulls, inputs)
    for name, gradient in by_inputs.items():
        direction = random.normal(size=gradient.shape)
        sides = [value({**inputs, name: inputs[name] + sign * _STEP * direction}) for sign in (1, -1)]
        _expect_slope(gradient, direction, sides, name)
    for weight in layer.trainable_weights:
        gradient = by_weights[weight.path]
        direction, start, sides = random.normal(size=gradient.shape), weight.numpy(), []
        for sign in (1, -1):
            weight.assign(start + sign * _STEP * direction)
            sides.append(value(inputs))
        weight.assign(start)
        _expect_slope(gradient, direction, sides, weight.path)


def _expect_slope(gradient, direction, sides, name):
    measured = (sides[0] - sides[1]) / (2 * _STEP)
    claimed = float(np.sum(gradient * direction))
    close = abs(measured - claimed) <= _TOLERANCE * max(1.0, abs(measured))
    expect(close, f"the gradient by {name} gives the slope {claimed:.8g}, finite differences {measured:.8g}")
