"""The one error that a person's input causes, and how a wrong name is answered."""

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "nearest"]


class InputError(ValueError):
    """Something a person gave cannot be used: an argument, a file, a folder.

    Its text is a short letter of one to three lines: what was wrong, what was expected,
    `Received: ...`, and what to do. The command line prints it and leaves with status 2.
    """


def nearest(name: object, known: Iterable[str], most: int = 3) -> str:
    """The known names that `name` may have meant, as text: the closest ones, or all when none is close.

    >>> nearest("tonkenizer", ["tokenizer", "units", "dropout"])
    "'tokenizer'"
    >>> nearest("x", ["additive", "scaled_dot"])
    "'additive' or 'scaled_dot'"
    """
    known = list(known)
    close = difflib.get_close_matches(str(name), known, n=most, cutoff=0.6) or known
    quoted = [repr(each) for each in close]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
