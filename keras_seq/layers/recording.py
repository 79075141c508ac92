"""The weights of every attention that runs, reported by the layers as they are called.

A layer that attends says `recording.report(self, weights)` once a call; nobody listens unless somebody
records, and then it costs nothing. It computes weights that it would not need when `is_recording()`.
"""

import contextvars

from keras_seq.inside import inside

__all__ = ["is_recording", "not_recording", "recorded", "report"]

_listener: contextvars.ContextVar = contextvars.ContextVar("attention_listener", default=None)


def recorded(listener):
    """Inside, `listener(layer, weights)` hears of every attention."""
    return inside(_listener, listener)


def not_recording():
    """Inside, nobody hears: for parts of a layer that reports the whole itself, and for bodies of loops."""
    return recorded(None)


def is_recording() -> bool:
    """Whether somebody listens."""
    return _listener.get() is not None


def report(layer, weights) -> None:
    """Tell who listens that `layer` attended with `weights`, `(B, …, S)`."""
    listener = _listener.get()
    if listener is not None:
        listener(layer, weights)
