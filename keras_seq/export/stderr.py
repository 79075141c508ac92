"""Keeps what native code prints from a person's terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["native_messages_dropped"]


@contextmanager
def native_messages_dropped() -> Iterator[None]:
    """Sends file descriptor 2 nowhere inside the block.

    LiteRT and the TFLite converter write lines such as "INFO: Created TensorFlow Lite XNNPACK delegate" past
    Python's `sys.stderr`; their errors arrive as exceptions, so nothing is lost.
    """
    try:
        saved = os.dup(2)
    except OSError:  # a process without a standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
