"""What the hard attentions of a model choose."""

from collections import Counter

import keras

from keras_seq.layers import choosing
from keras_seq.layers.choosing import Choice
from keras_seq.models.attending import numbers, paths

__all__ = ["attention_choices"]


def attention_choices(model: keras.Model, inputs, draw=False) -> dict[str, Choice]:
    """What every hard attention in a model chose, by the layer's name, from one call.

    Args:
        model: a model that is built, or a `keras_seq.training.Reinforce`.
        inputs: one batch, in the structure that the model takes.
        draw: choose as training does, at random and with dropout, instead of what is heaviest.

    Returns:
        For each call of a layer that chooses, named as by `attention_scores`, a `Choice` of arrays:
        `chosen` and `weights` `(B, T, S)`, `log_prob` and `entropy` `(B, T)` in nats, and `in_order`. T is
        the number of queries, 1 in a pooling.

    Raises:
        ValueError: a model that is not built, or in which nothing chooses.

    Example:

    >>> import keras, numpy as np
    >>> from keras_seq.layers import Attention, AttentionPooling
    >>> words = keras.Input((None, 8))
    >>> pooling = AttentionPooling(Attention("additive", selection="hard"), name="pooling")
    >>> choice = attention_choices(keras.Model(words, pooling(words)), np.ones((2, 5, 8)))["pooling"]
    >>> choice.chosen.tolist(), np.exp(choice.entropy).round(3).tolist()
    ([[[1.0, 0.0, 0.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0, 0.0]]], [[5.0], [5.0]])
    """
    if not model.built:
        raise ValueError(
            f"A model chooses when it has weights, and this one is not built yet. Received: {model.name}. "
            "Call it once on its inputs."
        )
    found, calls, heard = paths(model), Counter(), {}

    def hear(layer, choice):
        _, path = found.get(id(layer), (layer, layer.name))
        calls[path] += 1
        name = path if calls[path] == 1 else f"{path}:{calls[path]}"
        parts = ("weights", "chosen", "log_prob", "entropy")
        heard[name] = choice._replace(**{part: numbers(name, getattr(choice, part)) for part in parts})

    with choosing.by(choosing.Drawing()), choosing.heard(hear):
        (getattr(model, "model", model))(inputs, training=draw)
    if not heard:
        raise ValueError(
            "No hard attention ran in this model, so there are no choices to show. "
            f"Received: {model.name} with the layers {', '.join(layer.name for layer in model.layers)}"
        )
    return heard
