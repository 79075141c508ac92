"""A SavedModel: text in, answers out, vocabulary inside; it needs TensorFlow to run, and nothing of ours."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.export.folder import verify
from keras_seq.export.graph_check import check_saved_model
from keras_seq.export.predictor import Predictor
from keras_seq.untrusted import refusing

__all__ = ["SavedModel", "answering", "export_saved_model", "serving"]


def export_saved_model(
    path: str | os.PathLike, signatures: Mapping[str, Callable], tracked: Iterable[object]
) -> None:
    """Writes a SavedModel from functions alone.

    Args:
        path: the folder.
        signatures: name -> a `tf.function` with an input signature, that returns a dict of tensors.
        tracked: all variables, tables and modules that the functions use. The bare variables of a Keras model
            (`variable.value`), not the model: a model brings functions of its own.

    Raises:
        OSError: the folder cannot be written.
    """
    module = tf.Module()
    module.tracked = list(tracked)
    # Traced here: what `save` traces by itself, it keeps to itself, and who asks for it again waits again.
    traced = {name: function.get_concrete_function() for name, function in signatures.items()}
    options = tf.saved_model.SaveOptions(
        experimental_custom_gradients=False
    )  # it answers; nobody trains it on
    try:
        tf.saved_model.save(module, os.fspath(path), signatures=traced, options=options)
    except tf.errors.OpError as error:  # a full disk arrives as one of several
        raise OSError(None, error.message, os.fspath(path)) from error


def serving(function: Callable, *specs: tf.TensorSpec) -> Callable:
    """A function as a signature of a SavedModel; traced once, however many others call it."""
    return tf.function(function, input_signature=specs, autograph=False, jit_compile=False)


def answering(model: keras.Model) -> Callable:
    """A model as a signature `token_ids` that takes no texts too, and texts that are all empty.

    Args:
        model: token ids `(B, T)` or `(B, T, W)`, B and T at least 1 -> a dict of outputs.
    """
    widths = model.input.shape[2:]

    def answer(token_ids):
        batch, length = tf.unstack(tf.shape(token_ids)[:2])
        missing = [(0, tf.maximum(1 - batch, 0)), (0, tf.maximum(1 - length, 0)), *[(0, 0) for _ in widths]]
        outputs = model(tf.pad(token_ids, missing), training=False)
        return {name: output[:batch] for name, output in outputs.items()}

    return serving(answer, tf.TensorSpec((None, None, *widths), tf.int32, name="token_ids"))


class SavedModel(Predictor):
    """An exported SavedModel with the interface of the other models, on token ids.

    Args:
        folder: the exported folder, whose checksums are verified, and whose graph is looked through
            before it is loaded.

    Raises:
        InputError: a file is missing or damaged, or the folder holds no model of ours, or operators that no
            model of ours has.
    """

    def __init__(self, folder: str | os.PathLike):
        verify(folder)
        with refusing(f"{folder} holds no SavedModel that takes token_ids"):
            check_saved_model(folder)
            self._module = tf.saved_model.load(os.fspath(Path(folder)))  # kept: it owns the variables
            self._serve = self._module.signatures["token_ids"]

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        try:
            outputs = self._serve(token_ids=tf.constant(token_ids, tf.int32))
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise InputError(
                "The model cannot take these ids: its vocabulary belongs to another model.\n"
                f"TensorFlow says: {' '.join(str(error).split())[:200]}"
            ) from None
        return {name: output.numpy() for name, output in outputs.items()}
