"""What numbers layers take, and the letter that says so where they get others."""

from collections.abc import Sequence

__all__ = ["require_at_least", "require_fraction"]


def require_at_least(least, *, none=None, **numbers):
    """Refuse a number below `least`: `require_at_least(1, units=units, num_layers=num_layers)`.

    A tuple or range holds several numbers, at least one.

    Args:
        least: the smallest that is taken.
        none: what None stands for, said in the letter; without it None is refused, too.
        numbers: each by its name.

    Raises:
        ValueError: naming the first that is too small.
    """
    for name, value in numbers.items():
        if value is None and none is not None:
            continue
        each = value if isinstance(value, Sequence) else (value,)
        if not each or any(number is None or number < least for number in each):
            other = "" if none is None else f", or None for {none}"
            raise ValueError(f"{name} must be at least {least}{other}. Received: {name}={value}")


def require_fraction(**fractions):
    """Refuse what is no fraction of which something is left: `require_fraction(dropout=dropout)`.

    Raises:
        ValueError: naming the first that is below 0, or 1 and above.
    """
    for name, value in fractions.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} is a fraction, at least 0 and below 1. Received: {name}={value}")
