from typing import Any, NamedTuple

import keras
from keras import ops

__all__ = ["Passed"]


class Passed(NamedTuple):
    """What one pass through a model in training gave.

    predictions: nested tensors `(R, …)`; R = B · copies rows, those of one example side by side.
    choices: pairs of (layer, `Choice` of R rows), in the order in which they were made.
    copies: how often each example stands there.
    others: predictions `(B, …)` of a pass that a baseline asked for, or None.
    notes: what else an estimator keeps of the pass.
    """

    predictions: Any
    choices: list
    copies: int = 1
    others: Any = None
    notes: Any = None

    @property
    def rows(self):
        """R."""
        return ops.shape(keras.tree.flatten(self.predictions)[0])[0]

    def compared_with(self, prediction):
        """Of the other pass, the output that one of `predictions` is."""
        both = zip(keras.tree.flatten(self.predictions), keras.tree.flatten(self.others), strict=True)
        for one, other in both:
            if one is prediction:
                return other
        raise ValueError(
            "A loss was given something else than one of the model's outputs, so there is nothing to compare "
            "it with. Use another baseline: 'moving_average' or 'learned'."
        )
