import keras
import numpy as np

from keras_seq.testing.case import Case, call_parameters, to_numpy
from keras_seq.testing.differences import expect, expect_close


def shapes(case: Case) -> None:
    """Symbolic shape = eager shape = `compute_output_shape`, with every size known and with None lengths."""
    layer = case.new()
    eager = case.call(layer)
    wanted = [tuple(output.shape) for output in eager]

    known = case.model(layer, lengths=False, batch=_batch(case)).outputs
    expect(
        [tuple(output.shape) for output in known] == wanted,
        f"eager shapes are {wanted}, symbolic ones {[tuple(output.shape) for output in known]}",
    )
    dtypes = [[keras.backend.standardize_dtype(output.dtype) for output in side] for side in (eager, known)]
    expect(dtypes[0] == dtypes[1], f"eager dtypes are {dtypes[0]}, symbolic ones {dtypes[1]}")

    model = case.model(layer)
    opened = [tuple(output.shape) for output in model.outputs]
    for shape, sizes in zip(opened, wanted, strict=True):
        fits = len(shape) == len(sizes) and all(a in (None, b) for a, b in zip(shape, sizes, strict=True))
        expect(
            fits and shape[0] is None,
            f"with None lengths the symbolic shape is {shape}, the eager one {sizes}",
        )

    # A length that was left open really is: the same model on other lengths.
    longer = _longer(case, layer)
    got, expected = to_numpy(keras.tree.flatten(model(longer))), to_numpy(case.call(layer, longer))
    expect_close(
        got, expected, "a model with None lengths against the layer, on other lengths", case.tolerance
    )
    for shape, output in zip(opened, expected, strict=True):
        fits = all(a in (None, b) for a, b in zip(shape, output.shape, strict=True))
        expect(fits, f"the symbolic shape {shape} does not hold for a result of shape {output.shape}")

    for sizes, side, lengths in (
        ([array.shape for array in case.inputs.values()], wanted, "known"),
        ([case.open_shape(name) for name in case.inputs], opened, "None"),
    ):
        computed = _computed(layer, dict(zip(case.inputs, sizes, strict=True)))
        first = [tuple(shape) for shape in computed]
        expect(
            first == side[: len(first)],
            f"compute_output_shape with {lengths} lengths gives {first}, the call {side[: len(first)]}",
        )


def _computed(layer, sizes):
    if len(sizes) == 1:
        shape = layer.compute_output_shape(*sizes.values())
    else:
        takes = call_parameters(layer)
        shape = layer.compute_output_shape(
            **{
                f"{name}_shape": size
                for name, size in sizes.items()
                if not name.endswith("_mask") and name in takes
            }
        )
    return _flat(shape)


def _flat(shapes):
    """A shape, or shapes nested as the outputs are, as a list of shapes."""
    if not any(isinstance(part, (tuple, list)) for part in shapes):
        return [shapes]
    return [each for part in shapes for each in _flat(part)]


def _batch(case):
    return next(iter(case.inputs.values())).shape[0]


def _longer(case, layer):
    """Every open length twice as long, the batch one row longer: its first row again."""
    arguments = {}
    for name, array in case.arguments(layer).items():
        for axis, size in enumerate(case.open_shape(name, array)):
            if axis and size is None:
                array = np.concatenate([array, array], axis=axis)
        arguments[name] = np.concatenate([array, array[:1]])
    return arguments
