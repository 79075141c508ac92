"""Values that hold inside of a `with`, in this thread, and what they were before behind it."""

import contextlib
from contextvars import ContextVar

__all__ = ["inside"]


@contextlib.contextmanager
def inside(variable: ContextVar, value):
    """Inside, `variable` has this value."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
