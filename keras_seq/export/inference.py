"""A trained model as it is taken away: no training, float32, answers by name."""

import keras
import numpy as np
import tensorflow as tf

from keras_seq.export.predictor import Predictor
from keras_seq.models import explainer

__all__ = ["KerasModel", "inference_model"]


def inference_model(model: keras.Model) -> keras.Model:
    """The model that is exported: token ids int32 `(B, T)` or `(B, T, W)` -> named answers, in float32.

    A classifier or a tagger is made to answer by `keras_seq.models.explainer`. One trained in half precision
    is built again in float32 with the same weights: the converter cannot take it otherwise.
    """
    config = model.get_config()
    if _with_float32(config) != config:
        model = _in_float32(model)
    return explainer(model)


class KerasModel(Predictor):
    """A Keras model with the interface of an exported one, for any length.

    Args:
        model: as `inference_model` takes it.
        device: where to compute, `"CPU:0"` say; None leaves it to TensorFlow.
    """

    def __init__(self, model: keras.Model, device: str | None = None):
        self.model = inference_model(model)

        def serve(token_ids):
            with tf.device(device):
                return self.model(token_ids, training=False)

        shape = (None, None, *model.input.shape[2:])
        signature = [tf.TensorSpec(shape, tf.int32, name="token_ids")]
        # One trace for all shapes: XLA would compile for each anew.
        self._serve = tf.function(serve, input_signature=signature, autograph=False, jit_compile=False)

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        return {name: output.numpy() for name, output in self._serve(token_ids).items()}


def _in_float32(model):
    config = _with_float32(model.get_config())
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # for layers that a layer makes inside itself
    try:
        rebuilt = type(model).from_config(config)
    finally:
        keras.config.set_dtype_policy(policy)
    rebuilt.set_weights(model.get_weights())
    return rebuilt


def _with_float32(config):
    """A config where every policy and dtype of half precision is float32."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            half = any(part in config["config"]["name"] for part in ("float16", "bfloat16"))
            return {**config, "config": {"name": "float32"}} if half else config
        return {key: _with_float32(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(map(_with_float32, config))
    half = isinstance(config, str) and config in ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
    return "float32" if half else config
