"""Estimators of the gradient by what was chosen at random; `get` finds one by name."""

import inspect

from keras_seq.errors import nearest
from keras_seq.training.reinforce.estimators.enumeration import Enumeration
from keras_seq.training.reinforce.estimators.estimator import Estimator
from keras_seq.training.reinforce.estimators.leave_one_out import LeaveOneOut
from keras_seq.training.reinforce.estimators.score_function import ScoreFunction
from keras_seq.training.reinforce.estimators.straight_through import StraightThrough
from keras_seq.training.reinforce.estimators.variational import Variational

__all__ = [
    "Enumeration",
    "Estimator",
    "LeaveOneOut",
    "ScoreFunction",
    "StraightThrough",
    "Variational",
    "get",
]

_BY_NAME = {
    "reinforce": ScoreFunction,
    "leave_one_out": LeaveOneOut,
    "straight_through": StraightThrough,
    "enumerate": Enumeration,
    "variational": Variational,
}


def get(identifier, **options) -> Estimator:
    """An estimator by its name, or as it is.

    Args:
        identifier: a name, or an `Estimator`.
        options: arguments of one made from its name; None is left out.

    Raises:
        ValueError: an unknown name, or an option that it does not take.
    """
    options = {name: value for name, value in options.items() if value is not None}
    if isinstance(identifier, Estimator):
        if options:
            raise ValueError(
                f"An estimator that is made already takes no options. Received: {', '.join(options)}"
            )
        return identifier
    if not isinstance(identifier, str) or identifier not in _BY_NAME:
        raise ValueError(
            f"Unknown estimator. Expected {nearest(identifier, _BY_NAME)}, or an Estimator. "
            f"Received: estimator={identifier!r}"
        )
    kind = _BY_NAME[identifier]
    takes = inspect.signature(kind).parameters
    for name, value in options.items():
        if name not in takes:
            owners = [each for each, one in _BY_NAME.items() if name in inspect.signature(one).parameters]
            raise ValueError(
                f"The estimator {identifier!r} has no {name}: leave it out, or use "
                f"{nearest(None, owners) if owners else 'another'}. Received: {name}={value!r}"
            )
    return kind(**options)
