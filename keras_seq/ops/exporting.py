"""Whether a graph is traced for LiteRT, which converts fewer forms than TensorFlow runs."""

import contextlib

__all__ = ["for_export", "is_for_export"]

_for_export = False


@contextlib.contextmanager
def for_export():
    """While tracing inside, what has two forms takes the one that LiteRT converts, unknown sizes too.

    The numbers are the same. That form is slower in TensorFlow, takes more memory or has no gradient.
    """
    global _for_export
    before, _for_export = _for_export, True
    try:
        yield
    finally:
        _for_export = before


def is_for_export() -> bool:
    """Whether the form that LiteRT converts is wanted."""
    return _for_export
