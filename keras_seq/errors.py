"""The one error that a person's input causes, and how a mistyped name is answered."""

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "Interrupted", "did_you_mean", "nearest"]


class InputError(ValueError):
    """Something a person gave cannot be used: an argument, a file, a folder.

    Its text is a short letter of one to three lines: what was wrong, what was expected,
    `Received: ...`, and what to do. The command line prints it and leaves with status 2.
    """


class Interrupted(Exception):
    """A person or the machine stopped the work; the text says what was saved and how to go on."""


def nearest(name: object, known: Iterable[object], most: int = 3) -> str:
    """The known names that `name` may have meant, quoted: the closest ones, or all when none is close.

    >>> nearest("tonkenizer", ["tokenizer", "units", "dropout"])
    "'tokenizer'"
    >>> nearest(None, ["cosine", "dot"])
    "'cosine' or 'dot'"
    >>> nearest("x", ["additive", "scaled_dot"])
    "'additive' or 'scaled_dot'"
    """
    known = list(map(str, known))
    quoted = [repr(each) for each in _close(name, known, most) or known]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def did_you_mean(name: object, known: Iterable[object], most: int = 3) -> str:
    """A sentence that offers the closest names, or says which there are at all; empty without known names.

    >>> did_you_mean("lable", ["text", "label"])
    "Did you mean 'label'?"
    >>> did_you_mean("z", ["text", "label"])
    "Known: 'text', 'label'."
    """
    known = list(map(str, known))
    close = _close(name, known, most)
    if close:
        return f"Did you mean {' or '.join(map(repr, close))}?"
    shown = known[:12]
    return f"Known: {', '.join(map(repr, shown))}{', …' if len(known) > len(shown) else ''}." if known else ""


def _close(name: object, known: list[str], most: int) -> list[str]:
    """Names that hold the given one, or else are spelt much like it, whatever the case of their letters."""
    if name is None:
        return []
    spelt = {other.casefold(): other for other in known}
    given = str(name).casefold()
    close = [other for other in spelt if len(given) >= 3 and given in other][:most]
    close = close or difflib.get_close_matches(given, spelt, n=most, cutoff=0.6)
    return [spelt[other] for other in close]
