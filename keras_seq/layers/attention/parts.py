"""What the parts of an attention share: how they are found, how they are saved."""

import keras

from keras_seq.errors import nearest

__all__ = ["find", "unfolded"]


def find(what, identifier, kind, by_name, **arguments):
    """A part of an attention.

    Args:
        what: what letters call it: `"score"`, `"scope"`, `"selection"`.
        identifier: a name, a serialized part, or a part.
        kind: the class that every such part derives from.
        by_name: name -> class.
        arguments: of a part made from its name.
    """
    if isinstance(identifier, kind):
        return identifier
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str) and identifier in by_name:
        return by_name[identifier](**arguments)
    raise ValueError(
        f"Unknown attention {what}. Expected {nearest(identifier, by_name)}, or a {kind.__name__}. "
        f"Received: {what}={identifier!r}"
    )


def unfolded(config, part, *arguments):
    """The config of a layer that fixes a part: some arguments of the part in the place of the part."""
    config = dict(config)
    inner = config.pop(part)["config"]
    return {**config, **{name: inner[name] for name in arguments}}
