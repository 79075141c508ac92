"""JSON that means one thing: no key twice, nothing too deep for Python, no endless number."""

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes) -> Any:
    """As `json.loads`, but whatever is wrong is a ValueError with a reason of one line.

    Example:
        >>> parse_json('{"rules": 1, "rules": 2}')
        Traceback (most recent call last):
        ValueError: the key 'rules' stands there twice
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(error.msg) from None


def _object(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f"the key {twice[:40]!r} stands there twice")
    return found
