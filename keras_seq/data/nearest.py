"""The known names that a mistyped one may have meant."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Say which known names come closest to `name`, or which there are at all.

    Args:
        name: what was given.
        known: the names that exist.
        count: how many near names to offer.

    Returns:
        One sentence, such as `Did you mean 'label'?` or `Known: 'text', 'label'.`; empty without
        known names.

    Example:
        >>> nearest("lable", ["text", "label"])
        "Did you mean 'label'?"
    """
    spelled = {str(other).casefold(): str(other) for other in known}
    given = str(name).casefold()
    close = [other for other in spelled if len(given) >= 3 and given in other][:count]
    close = close or difflib.get_close_matches(given, spelled, n=count, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(spelled[other]) for other in close)}?"
    if not spelled:
        return ""
    shown = list(spelled.values())[:12]
    return f"Known: {', '.join(map(repr, shown))}{', …' if len(spelled) > len(shown) else ''}."
