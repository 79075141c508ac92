"""Baselines: what a loss is compared with; `get` finds one by name."""

from keras_seq.errors import nearest
from keras_seq.training.reinforce.baselines.another_pass import SelfCritical, SoftBaseline
from keras_seq.training.reinforce.baselines.baseline import Baseline
from keras_seq.training.reinforce.baselines.learned import LearnedBaseline
from keras_seq.training.reinforce.baselines.moving_average import MovingAverage

__all__ = ["Baseline", "LearnedBaseline", "MovingAverage", "SelfCritical", "SoftBaseline", "get"]

_BY_NAME = {
    "none": Baseline,
    "moving_average": MovingAverage,
    "learned": LearnedBaseline,
    "self_critical": SelfCritical,
    "soft": SoftBaseline,
}


def get(identifier) -> Baseline:
    """A baseline by its name, or as it is.

    Raises:
        ValueError: an unknown name; the nearest are offered.
    """
    if isinstance(identifier, Baseline):
        return identifier
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier](name="baseline")
    raise ValueError(
        f"Unknown baseline. Expected {nearest(identifier, _BY_NAME)}. Received: baseline={identifier!r}"
    )
