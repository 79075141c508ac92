"""A trained model as it is taken away: no training, float32, answers by name."""

import keras
import numpy as np
import tensorflow as tf

from keras_seq.data import length_boundaries
from keras_seq.errors import InputError
from keras_seq.export.predictor import PER_TOKEN, Predictor
from keras_seq.models import explainer, in_float32

__all__ = ["KerasModel", "inference_model"]


def inference_model(model: keras.Model) -> keras.Model:
    """The model that is exported: token ids int32 `(B, T)` or `(B, T, W)` -> named answers, in float32.

    A classifier or a tagger is made to answer by `keras_seq.models.explainer`. One trained in half precision
    is built again in float32 with the same weights: the converter cannot take it otherwise.
    """
    return explainer(in_float32(model))


class KerasModel(Predictor):
    """A Keras model with the interface of an exported one, for any length; by TensorFlow or by JAX.

    Args:
        model: as `inference_model` takes it.
        device: where TensorFlow computes, `"CPU:0"` say; None leaves it to that.
    """

    def __init__(self, model: keras.Model, device: str | None = None):
        self.model = inference_model(model)
        by_jax = keras.backend.backend() == "jax"
        self._serve = _by_jax(self.model) if by_jax else _by_tensorflow(self.model, device)

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        try:
            outputs = self._serve(token_ids)
        except tf.errors.InvalidArgumentError as error:  # a number that an embedding has not
            raise InputError(
                "The model cannot take these ids: its vocabulary belongs to another model.\n"
                f"TensorFlow says: {' '.join(str(error).split())[:200]}"
            ) from error
        return {name: np.asarray(output) for name, output in outputs.items()}


def _by_tensorflow(model, device):
    def serve(token_ids):
        with tf.device(device):
            return model(token_ids, training=False)

    shape = (None, None, *model.input.shape[2:])
    signature = [tf.TensorSpec(shape, tf.int32, name="token_ids")]
    # One trace for all shapes: XLA would compile for each anew.
    return tf.function(serve, input_signature=signature, autograph=False, jit_compile=False)


def _by_jax(model):
    import jax

    @jax.jit
    def compiled(trainable, others, token_ids):
        return model.stateless_call(trainable, others, token_ids, training=False)[0]

    def serve(token_ids):
        # Padded to one of a few shapes, as each is compiled anew.
        count, length = token_ids.shape[:2]
        rows, width = 2 ** (count - 1).bit_length(), next(w for w in _widths(length) if w >= length)
        padding = [(0, rows - count), (0, width - length), *[(0, 0)] * (token_ids.ndim - 2)]
        states = ([each.value for each in some] for some in (model.trainable_variables, _others(model)))
        outputs = compiled(*states, np.pad(token_ids, padding))
        outputs = {name: np.asarray(output)[:count] for name, output in outputs.items()}
        cut = {name: output[:, :length] if name in PER_TOKEN else output for name, output in outputs.items()}
        if "alignment" in cut:
            cut["alignment"] = cut["alignment"][..., :length]
        return cut

    return serve


def _others(model):
    return model.non_trainable_variables


def _widths(length):
    """Widths that grow by steps, one of which holds the length."""
    return length_boundaries(2 * length + 16)
