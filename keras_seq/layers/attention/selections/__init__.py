"""Selections: what is read of the weighted keys; `get` finds one by name."""

from keras_seq.layers.attention import parts
from keras_seq.layers.attention.selections.hard_selection import HardSelection
from keras_seq.layers.attention.selections.selection import Selection
from keras_seq.layers.attention.selections.soft_selection import SoftSelection

__all__ = ["HardSelection", "Selection", "SoftSelection", "get"]

_BY_NAME = {"soft": SoftSelection, "hard": HardSelection}


def get(identifier, seed=None, dtype=None) -> Selection:
    """A selection by its name, from a saved config, or as it is.

    Args:
        identifier: `"soft"`, `"hard"`, a serialized selection, or a `Selection`.
        seed: of a hard selection made from its name.
        dtype: dtype policy of a selection made from its name.
    """
    arguments = {"seed": seed} if identifier == "hard" else {}
    return parts.find("selection", identifier, Selection, _BY_NAME, dtype=dtype, **arguments)
