"""Makes any text fit to be shown: a terminal, a page and a font must never obey it, only draw it."""

import re

__all__ = ["language", "printable"]

# Control characters, lone surrogates and the overrides of writing direction: a terminal would obey the
# first, UTF-8 refuses the second, and the third would turn our own words around.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_SCRIPTS = (  # the first script found names the language; Han characters alone are read as Chinese
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")),
)


def printable(text: str) -> str:
    """The text with U+FFFD for each unfit character, and every line break a "\\n".

    Example:
        >>> printable("\\x1b[31mred\\r\\n")
        '�[31mred\\n'
    """
    return _UNFIT.sub("\ufffd", re.sub("\r\n?", "\n", text))


def language(text: str) -> str:
    """The language where the script tells it (zh, ja or ko), so that a browser picks its glyphs; else ""."""
    return next((name for name, script in _SCRIPTS if script.search(text)), "")
