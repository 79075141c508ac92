import warnings

import numpy as np

from keras_seq.testing.case import Case
from keras_seq.testing.differences import expect

_MOVED = 1e-6  # less than this is rounding, not learning


def training(case: Case) -> None:
    """One step of `fit` moves every trainable weight, and no other but random state and counters."""
    layer = case.new()
    if not layer.trainable_weights:
        return
    model = case.model(layer)
    numbers = [output for output in model.outputs if "float" in output.dtype]
    expect(bool(numbers), "no output is a number that a loss could be taken of")
    model = type(model)(model.input, numbers)
    random = np.random.default_rng(4)
    arguments = case.arguments(layer)
    outputs = [output for output in case.run(layer) if output.dtype.kind == "f"]
    targets = [random.normal(size=output.shape).astype(output.dtype) for output in outputs]
    before = {weight.path: weight.numpy() for weight in layer.trainable_weights}
    model.compile(optimizer="sgd", loss=["mse"] * len(targets), jit_compile=False)
    model.optimizer.learning_rate = 1.0
    # Makes what keeps the mean of each loss: a step that makes it itself is traced twice.
    model.compute_loss(arguments, targets, model(arguments))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gradients do not exist")  # told below, by name and number
        model.fit(arguments, targets, batch_size=len(targets[0]), verbose=0)
    for weight in layer.trainable_weights:
        moved = float(np.max(np.abs(weight.numpy() - before[weight.path]), initial=0.0))
        expect(moved > _MOVED, f"a step of training moved the weight {weight.path} by {moved:.3g} at most")
        expect(
            bool(np.isfinite(weight.numpy()).all()), f"a step of training made {weight.path} infinite or nan"
        )
