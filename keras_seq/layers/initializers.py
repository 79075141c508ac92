"""How a layer with several weights uses the one initializer that it was given."""

import keras

__all__ = ["fresh"]


def fresh(initializer):
    """An initializer that gives other numbers than this one has given, unless it was seeded.

    One initializer gives the same numbers at every call.
    """
    return initializer.clone() if isinstance(initializer, keras.initializers.Initializer) else initializer
