"""How far long work has come, for a person: on standard error, while it lasts."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType

__all__ = ["SECONDS_BETWEEN_LINES", "Work", "followed", "following", "now", "quiet"]

SECONDS_BETWEEN_LINES = 15  # where standard error is no terminal
_SECONDS_BETWEEN_LOOKS = 0.25  # where it is one
_SECONDS_BEFORE = 3  # work that is done sooner needs no words
_STEPS_AT_ONCE = 256  # of items that are followed

_ERASE_LINE = Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN)


class Work:
    """A piece of work that says how far it has come: on a terminal in one line, else in a line now and then.

    Args:
        what: in words: "reading train.tsv".
        is_told: False says nothing.
    """

    def __init__(self, what: str, is_told: bool = True):
        self.what, self.total, self.done = what, 0, 0
        self._is_told, self._is_shown = is_told, False
        self._begun = time.monotonic()
        self._next = self._begun + _SECONDS_BEFORE

    def more(self, total: int) -> None:
        """Say that there is more to do, in any unit; without a word it is not known how much there is."""
        self.total += total

    def step(self, done: int = 1) -> None:
        """Say that so much was done."""
        self.done += done
        if self._is_told and time.monotonic() > self._next:
            self._say()

    def close(self) -> None:
        """Give the line of the terminal back."""
        if self._is_shown and self._console.is_terminal:
            self._console.control(_ERASE_LINE)

    def _say(self) -> None:
        self._console = Console(stderr=True)
        seconds = time.monotonic() - self._begun
        line = f"{self.what}: {self.done:,}, {seconds:.0f} s"
        if 0 < self.done <= self.total:
            rest = seconds * (self.total / self.done - 1)
            line = f"{self.what}: {self.done / self.total:.0%}, {rest:.0f} s more"
        on_terminal = self._console.is_terminal
        if on_terminal and self._is_shown:
            self._console.control(_ERASE_LINE)
        end = "" if on_terminal else "\n"
        self._console.print(line, end=end, highlight=False, markup=False, soft_wrap=True)
        self._is_shown = True
        self._next = time.monotonic() + (_SECONDS_BETWEEN_LOOKS if on_terminal else SECONDS_BETWEEN_LINES)


_NO_WORK = Work("", is_told=False)
_now: ContextVar[Work] = ContextVar("now", default=_NO_WORK)
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


def now() -> Work:
    """The work that is being done; where none is followed, one that says nothing."""
    return _now.get()


@contextlib.contextmanager
def following(what: str) -> Iterator[Work]:
    """Inside, `now()` is this work, and what it does is told.

    Args:
        what: in words.
    """
    work = Work(what, is_told=not _is_quiet.get())
    before = _now.set(work)
    try:
        yield work
    finally:
        _now.reset(before)
        work.close()


def followed(items: Sequence[Any], what: str) -> Iterator[Any]:
    """The items one by one, while it is told how far they are.

    Example:
        >>> sum(followed(range(10), "adding"))
        45
    """
    work = Work(what, is_told=not _is_quiet.get())
    work.more(len(items))
    try:
        for number, item in enumerate(items, start=1):
            yield item
            if number % _STEPS_AT_ONCE == 0:
                work.step(_STEPS_AT_ONCE)
    finally:
        work.close()


@contextlib.contextmanager
def quiet(wanted: bool = True) -> Iterator[None]:
    """Inside, no work is told."""
    before = _is_quiet.set(wanted or _is_quiet.get())
    try:
        yield
    finally:
        _is_quiet.reset(before)
