"""A SavedModel: text in, answers out, vocabulary inside; it needs TensorFlow to run, and nothing of ours."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_seq.errors import InputError
from keras_seq.export.folder import verify
from keras_seq.export.graph_text import GraphTextEncoder
from keras_seq.export.predictor import Predictor
from keras_seq.text import TextEncoder

__all__ = ["SavedModel", "classifier_signatures", "export_saved_model"]


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
    options = tf.saved_model.SaveOptions(
        experimental_custom_gradients=False
    )  # it answers; nobody trains it on
    try:
        tf.saved_model.save(module, os.fspath(path), signatures=dict(signatures), options=options)
    except tf.errors.OpError as error:  # a full disk arrives as one of several
        raise OSError(None, error.message, os.fspath(path)) from error


def classifier_signatures(
    model: keras.Model, text_encoder: TextEncoder, labels: Sequence[str]
) -> tuple[dict[str, Callable], list[object]]:
    """The signatures of a classifier, and what `export_saved_model` has to track for them.

        serving_default  texts (B,) string      -> label (B,) string, probabilities (B, C) float32
        explain          texts (B,) string      -> also tokens (B, T) string, padded with "", weights (B, T)
        token_ids        token_ids (B, T) int32 -> probabilities (B, C), weights (B, T)

    `weights` are absent where the model has none. B may be 0, and texts may be empty.

    Args:
        model: token ids -> `{"probabilities", "weights"}`; see `keras_seq.export.inference.inference_model`.
        text_encoder: turns texts into the model's ids.
        labels: in the order of the probabilities.
    """
    encoder = GraphTextEncoder(text_encoder)
    names = tf.constant(list(labels), tf.string)
    texts = tf.TensorSpec((None,), tf.string, name="texts")
    token_ids = tf.TensorSpec((None, None), tf.int32, name="token_ids")

    def answer(token_ids):
        missing = tf.maximum(
            1 - tf.shape(token_ids)[1], 0
        )  # a batch of empty texts may come without a column
        return model(tf.pad(token_ids, [[0, 0], [0, missing]]), training=False)

    def explain(texts):
        encoded = encoder(texts)
        outputs = model(encoded["token_ids"], training=False)
        label = tf.gather(names, tf.argmax(outputs["probabilities"], axis=-1))
        return {"label": label, "tokens": encoded["tokens"], **outputs}

    def serve(texts):
        outputs = explain(texts)
        return {"label": outputs["label"], "probabilities": outputs["probabilities"]}

    signatures = {
        name: tf.function(function, input_signature=[spec], autograph=False, jit_compile=False)
        for name, function, spec in (
            ("serving_default", serve, texts),
            ("explain", explain, texts),
            ("token_ids", answer, token_ids),
        )
    }
    return signatures, [encoder, *(variable.value for variable in model.variables)]


class SavedModel(Predictor):
    """An exported SavedModel with the interface of the other models, on token ids.

    Args:
        folder: the exported folder, whose checksums are verified.

    Raises:
        InputError: a file is missing or damaged, or the folder holds no model of ours.
    """

    def __init__(self, folder: str | os.PathLike):
        verify(folder)
        try:
            self._module = tf.saved_model.load(os.fspath(Path(folder)))  # kept: it owns the variables
            self._serve = self._module.signatures["token_ids"]
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise InputError(
                f"{folder} holds no SavedModel that takes token_ids.\nTensorFlow says: {error}"
            ) from None

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        outputs = self._serve(token_ids=tf.constant(token_ids, tf.int32))
        return {name: output.numpy() for name, output in outputs.items()}
