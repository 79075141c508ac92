"""What an attention reads of its weighted words, by the settings of an app."""

from keras_seq.layers.attention.selections import HardSelection

__all__ = ["selection_of"]


def selection_of(attention):
    """What a layer takes as `selection`.

    Args:
        attention: a section with the settings `selection` and `words`.
    """
    return HardSelection(attention.words) if attention.selection == "hard" else attention.selection
