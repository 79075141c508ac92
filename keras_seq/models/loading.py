"""Model files that keras_seq wrote, read again."""

import contextlib
import functools
import math
import os
import threading
import zipfile

import keras

import keras_seq.layers  # noqa: F401  (registers the layers that a file names)
from keras_seq.errors import InputError
from keras_seq.untrusted import check_archive, parse_json, refusing
from keras_seq.untrusted.hdf5 import check_weights
from keras_seq.untrusted.keras_config import check_config

__all__ = ["load_model"]

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_FILES = (_CONFIG, "metadata.json", _WEIGHTS)


def load_model(path: str | os.PathLike, compile: bool = False) -> keras.Model:
    """Load a `.keras` file. Keras' `safe_mode` stays on: no Lambda, no code from the file.

    All that the file says is checked before Keras reads it; see `keras_seq.untrusted`.

    Args:
        path: the file.
        compile: also restore optimizer, loss and metrics.

    Raises:
        InputError: there is no such file, it is damaged, or it holds what is neither Keras' nor ours.
    """
    if not os.path.isfile(path):
        raise InputError(f"There is no model file {path}.")
    with refusing(f"{path} cannot be loaded"), _weights_of_at_most(_checked(path)):
        return keras.models.load_model(path, compile=compile)


def _checked(path) -> int:
    """How many numbers are in the weights of a file that may be read."""
    check_archive(path, _FILES)
    with zipfile.ZipFile(path) as archive:
        config = parse_json(archive.read(_CONFIG))
        parse_json(archive.read("metadata.json"))
        count, longest = check_weights(archive.read(_WEIGHTS))
    check_config(config, lambda name: keras.saving.get_registered_object(name) is not None, longest)
    return count


@contextlib.contextmanager
def _weights_of_at_most(count):
    """Inside, the layers that this thread makes have no more weights than a file holds.

    Else a shape of a few characters asks for a terabyte.
    """
    kept, left, here = keras.layers.Layer.add_weight, count, threading.get_ident()

    @functools.wraps(kept)
    def add_weight(layer, shape=None, *arguments, **options):
        nonlocal left
        if threading.get_ident() == here:
            left -= math.prod(shape or ())
            if left < 0:
                raise ValueError(f"it describes more weights than the {count:,} that it holds")
        return kept(layer, shape, *arguments, **options)

    keras.layers.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.layers.Layer.add_weight = kept
