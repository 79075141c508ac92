"""The list of laws, and what puts a layer through them."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np

from keras_seq.testing.batches import batches
from keras_seq.testing.case import Arrays, Case
from keras_seq.testing.compilation import compilation
from keras_seq.testing.config import config
from keras_seq.testing.gradients import gradients
from keras_seq.testing.masks import masks
from keras_seq.testing.models import models
from keras_seq.testing.padding import padding
from keras_seq.testing.precision import precision
from keras_seq.testing.randomness import randomness
from keras_seq.testing.saving import saving
from keras_seq.testing.shapes import shapes
from keras_seq.testing.steps import steps
from keras_seq.testing.training import training
from keras_seq.testing.weights import weights

__all__ = ["LAWS", "check_law", "check_layer"]

LAWS: dict[str, Callable[[Case], None]] = {
    "shapes": shapes,
    "config": config,
    "saving": saving,
    "padding": padding,
    "batches": batches,
    "compilation": compilation,
    "precision": precision,
    "training": training,
    "steps": steps,
    "randomness": randomness,
    "masks": masks,
    "weights": weights,
    "models": models,
    "gradients": gradients,
}
"""Law by name; what each asks stands in its docstring: `help(LAWS["padding"])`."""


def check_law(case: Case, law: str) -> None:
    """Put a case through one law.

    Raises:
        AssertionError: the law is broken; the letter says which, what differed and by how much. An error
            that the layer itself raised is told the same way, with the error as its cause.
    """
    try:
        with case.within():
            LAWS[law](case)
    except AssertionError as broken:
        raise AssertionError(f"{case.name} breaks the law of {law}: {broken}") from None
    except Exception as error:
        letter = f"{case.name} breaks the law of {law}: it raised {type(error).__name__}: {_gist(error)}"
        raise AssertionError(letter) from error


def _gist(error):
    """The first line that an error says itself: Keras puts 'Exception encountered …' before, and colours."""
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith("Exception encountered")]
    return said[0] if said else ""


def check_layer(
    make: Callable[..., keras.layers.Layer],
    inputs: Arrays,
    *,
    masks: Arrays | None = None,
    mask_out: str | np.ndarray | None = None,
    steps: Callable[[keras.layers.Layer, Arrays], Any] | None = None,
    laws: Iterable[str] = tuple(LAWS),
    skip: Mapping[str, str] | None = None,
    tolerance: float = 1e-5,
) -> None:
    """Put a layer through the laws; see `Case` for the arguments.

    Args:
        make: makes the layer; takes `dtype=`. A class, or `functools.partial(Class, argument=…)`.
        inputs: the call's arguments by name.
        masks: bool arrays by input name, True = keep.
        mask_out: the input whose mask the output carries on, or the output's mask.
        steps: `(layer, inputs) -> outputs`, the same computed step by step.
        laws: which laws; all when not given.
        skip: laws that do not hold, each with its reason.
        tolerance: largest difference allowed in float32.

    Raises:
        AssertionError: with one letter for each broken law.

    Example:

    >>> import numpy as np
    >>> from keras_seq.layers import MeanPooling
    >>> inputs = np.random.default_rng(0).normal(size=(2, 3, 7)).astype("float32")
    >>> keep = np.array([[True, True, False], [True, True, True]])
    >>> check_layer(MeanPooling, {"inputs": inputs}, masks={"inputs": keep}, laws=["padding", "batches"])

    A layer that forgets its mask is told so:

    >>> import keras
    >>> forgetful = keras.layers.GlobalMaxPooling1D
    >>> check_layer(forgetful, {"inputs": inputs}, masks={"inputs": keep}, laws=["padding"])
    Traceback (most recent call last):
    AssertionError: GlobalMaxPooling1D breaks the law of padding: it takes no mask for 'inputs'
    """
    skip = dict(skip or {})
    case = Case(make, inputs, masks or {}, mask_out, steps, skip, tolerance)
    unknown = sorted({*laws, *skip} - set(LAWS))
    if unknown:
        raise ValueError(f"Unknown law. Expected some of {list(LAWS)}. Received: {unknown}")
    letters = []
    for law in laws:
        if law in skip:
            continue
        try:
            check_law(case, law)
        except AssertionError as broken:
            letters.append(str(broken))
    if letters:
        raise AssertionError("\n".join(letters))
