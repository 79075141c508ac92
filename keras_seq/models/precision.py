"""Models in float32, whatever they were trained in."""

import keras

__all__ = ["in_float32"]


def in_float32(model: keras.Model) -> keras.Model:
    """A model that was trained in half precision, built again in float32 with the same weights.

    A model of float32 is given back itself. Weights are float32 in either.
    """
    given = model.get_config()
    config = _with_float32(given)
    if config == given:
        return model
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
