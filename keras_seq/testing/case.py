"""One layer with what it is called on, and how the laws call it."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["Case"]

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One layer with what it is called on: a row of a table of layers.

    Axis 0 of every array is the batch. Sizes of different things must differ (B 2, T 3, S 5, D 7): by their
    size the laws tell the axes apart, and a swapped axis cannot hide.

    Args:
        make: makes the layer; takes `dtype=`. A class, or `functools.partial(Class, argument=…)`.
        inputs: the call's arguments by name: float arrays, int ids (0 = padding), bool arrays.
        masks: bool arrays by the name of the input that they belong to, True = keep; axis 1 is the length.
            Passed as `<name>_mask` or, for the first input, `mask`, where `call` takes them.
        mask_out: the name of the input whose mask the output carries on; a bool array: the mask of an output
            that has a length of its own; None: the output has no mask.
        steps: `(layer, inputs) -> outputs`, the same computed step by step; None: the layer has no steps.
        skip: laws that do not hold, each with its reason.
        tolerance: largest difference allowed in float32, relative to numbers above 1.
        open_ended: names of float inputs whose last axis is a length too, as that of weights is.
        within: makes what the laws stand in, a context manager: a layer that chooses at random, say, trains
            only where somebody says how, as `keras_seq.layers.choosing.by` does.
        name: how letters call it; the class's name when empty.

    Example:

    >>> import functools, keras, numpy as np
    >>> case = Case(functools.partial(keras.layers.Dense, 4), {"inputs": np.ones((2, 3), "float32")})
    >>> case.name, case.new().units
    ('Dense', 4)
    """

    make: Callable[..., keras.layers.Layer]
    inputs: Arrays
    masks: Arrays = field(default_factory=dict)
    mask_out: str | np.ndarray | None = None
    steps: Callable[[keras.layers.Layer, Arrays], Any] | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    tolerance: float = 1e-5
    open_ended: tuple[str, ...] = ()
    within: Callable[[], AbstractContextManager] = nullcontext
    name: str = ""

    def __post_init__(self):
        if not self.name:
            object.__setattr__(self, "name", type(self.make()).__name__)
        for name in [*self.masks, *([self.mask_out] if isinstance(self.mask_out, str) else [])]:
            if name not in self.inputs:
                raise ValueError(
                    f"A mask belongs to an input, one of {list(self.inputs)}. Received: {name!r}"
                )

    @property
    def output_mask(self) -> np.ndarray | None:
        """The mask that the output carries; None where it has none, or the input's is not given."""
        return self.masks.get(self.mask_out) if isinstance(self.mask_out, str) else self.mask_out

    def new(self, dtype: str | None = None) -> keras.layers.Layer:
        """A built layer with the same weights every time, none of them at its first value.

        (A bias that starts at zero would hide that it is forgotten.) Seeds Keras' random generators.
        """
        keras.utils.set_random_seed(0)
        layer = self.make() if dtype is None else self.make(dtype=dtype)
        self.call(layer)
        random = np.random.default_rng(0)
        for weight in layer.trainable_weights:
            weight.assign(weight.numpy() + 0.1 * random.normal(size=weight.shape))
        return layer

    def arguments(self, layer, inputs: Arrays | None = None, masks: Arrays | None = None) -> dict[str, Any]:
        """The call's keyword arguments: inputs, and the masks that the layer's `call` takes."""
        inputs = self.inputs if inputs is None else inputs
        masks = self.masks if masks is None else masks
        names = mask_arguments(layer, self.inputs)
        return {**inputs, **{names[name]: mask for name, mask in masks.items() if name in names}}

    def call(self, layer, arguments: Mapping[str, Any] | None = None, scores: bool = True, **options) -> list:
        """The outputs as a flat list; with the attention weights where the layer returns them on request."""
        arguments = self.arguments(layer) if arguments is None else arguments
        takes = call_parameters(layer)
        if scores and "return_attention_scores" in takes:
            options["return_attention_scores"] = True
        options = {name: value for name, value in options.items() if name in takes}
        return keras.tree.flatten(layer(**arguments, **options))

    def open_shape(self, name: str, array: np.ndarray | None = None) -> tuple:
        """The shape of an argument with batch and lengths left open; the last axis of floats is a width."""
        array = self.inputs[name] if array is None else array
        kept = 1 if is_float(array) and array.ndim > 1 and name not in self.open_ended else 0
        return (None,) * (array.ndim - kept) + array.shape[array.ndim - kept :]

    def run(
        self, layer, inputs: Arrays | None = None, masks: Arrays | None = None, **options
    ) -> list[np.ndarray]:
        """The outputs as NumPy arrays."""
        return to_numpy(self.call(layer, self.arguments(layer, inputs, masks), **options))

    def model(self, layer, lengths: bool = True, batch: int | None = None) -> keras.Model:
        """A functional model around the layer, arguments by name -> flat outputs.

        Args:
            layer: a layer of this case.
            lengths: whether lengths are left open (None).
            batch: the batch size, None: open.
        """
        symbols = {
            name: keras.Input(
                batch_shape=(batch, *(self.open_shape(name, array) if lengths else array.shape)[1:]),
                dtype=array.dtype,
                name=name,
            )
            for name, array in self.arguments(layer).items()
        }
        return keras.Model(symbols, self.call(layer, symbols))

    def takes_scores(self, layer) -> bool:
        """Whether the layer returns its attention weights on request."""
        return "return_attention_scores" in call_parameters(layer)


def call_parameters(layer) -> list[str]:
    """Names of the arguments of the layer's `call`."""
    return list(inspect.signature(layer.call).parameters)


def mask_arguments(layer, inputs: Arrays) -> dict[str, str]:
    """Input name -> the name of the argument that takes its mask, as Keras fills them."""
    takes = call_parameters(layer)
    names = {name: f"{name}_mask" for name in inputs if f"{name}_mask" in takes}
    if "mask" in takes:
        names.setdefault(next(iter(inputs)), "mask")
    return names


def is_float(array) -> bool:
    """Whether the array holds real numbers rather than ids or a mask."""
    return np.asarray(array).dtype.kind == "f"


def to_numpy(outputs: list) -> list[np.ndarray]:
    """Flat tensors as arrays, half precision as float32."""
    return [_readable(ops.convert_to_numpy(output)) for output in outputs]


def _readable(array):
    return array.astype("float32") if array.dtype.name in ("bfloat16", "float16") else array
