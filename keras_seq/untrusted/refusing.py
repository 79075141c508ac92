"""Whatever a spoilt file makes its reader say, as one letter."""

from collections.abc import Iterator
from contextlib import contextmanager

from keras_seq.errors import InputError

__all__ = ["refusing"]


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Inside, every error is an InputError: a spoilt file fails in as many ways as it has bytes.

    Args:
        what: the beginning of its text, to which the reason is added.

    Example:
        >>> with refusing("model.tflite is no model"):
        ...     raise ValueError("a loop in it might never end")
        Traceback (most recent call last):
        keras_seq.errors.InputError: model.tflite is no model: a loop in it might never end.
        It is damaged, or not written by keras_seq.
    """
    try:
        yield
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{what}: {reason.rstrip('.')}.\nIt is damaged, or not written by keras_seq."
        ) from error
