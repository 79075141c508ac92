"""The targets of the step that is being trained, for who must know them before the model has answered."""

import contextvars

import keras

from keras_seq.inside import inside

__all__ = ["known_targets", "training_on"]

_data: contextvars.ContextVar = contextvars.ContextVar("data", default=None)


def training_on(data):
    """Inside, a step is trained on `data`, as `keras.Model.train_step` is given it."""
    return inside(_data, data)


def known_targets():
    """The targets, nested.

    Raises:
        ValueError: nothing is being trained, or without targets.
    """
    targets = None if _data.get() is None else keras.utils.unpack_x_y_sample_weight(_data.get())[1]
    if targets is None:
        raise ValueError(
            "The variational form reads the targets while the model is trained. Expected fit or "
            "train_on_batch, with targets. Received: none"
        )
    return targets
