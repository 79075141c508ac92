"""Finds, for every character, an installed font that really has it.

A drawing library's own font knows no Chinese, and draws a box in silence. Here the fonts' own tables are
asked, character by character; what none has is collected, so that it can be said.
"""

import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager, ft2font

from keras_seq.viz.characters import language

__all__ = ["Face", "Fonts", "families"]

_EM = 100  # pixels, the size at which the fonts are read

BOX = "\u25a1"  # stands where no font has the character

# Fonts that carry many scripts, plain ones first; any other installed font is asked after them.
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei",
    "Droid Sans Fallback", "Noto Sans CJK JP", "Noto Sans JP", "Noto Sans CJK KR", "Noto Sans KR",
    "Malgun Gothic", "Noto Emoji", "Symbola", "Segoe UI Emoji", "Segoe UI Symbol", "Apple Symbols",
    "Arial Unicode MS",
)  # fmt: skip

# Packages that carry an open Chinese font in their wheel; found without running their code.
PACKAGES = (("zhplot", "fonts/NotoSansSC-Regular.ttf"), ("mplfonts", "fonts/NotoSansCJKsc-Regular.otf"))

# "Last Resort" has a box for every character there is, colour emoji are pictures, cm* number their
# glyphs in their own way: none of them can say whether it has a character.
_UNUSABLE = re.compile("last ?resort|colou?r ?emoji|^cm[a-z]+10$", re.IGNORECASE)

# joiners, variation selectors and other characters that have no picture of their own
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0001-\U000e01ef]")


# what a font file raises that is damaged, or of a kind that FreeType does not read
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, NotImplementedError)

# hinting would bend outlines to a grid of pixels, and widths away from the outlines
_UNHINTED = ft2font.LoadFlags.NO_HINTING if hasattr(ft2font, "LoadFlags") else ft2font.LOAD_NO_HINTING


class Face:
    """One font: which characters it has, how wide each is, and its outline. Lengths are in ems."""

    def __init__(self, path: str, index: int = 0):
        self._font = ft2font.FT2Font(path, face_index=index) if index else ft2font.FT2Font(path)
        self._font.set_size(_EM, 72)
        self.usable = bool(self._font.scalable) and not _UNUSABLE.search(self._font.family_name)
        self._glyphs: dict[str, tuple] = {}

    def has(self, character: str) -> bool:
        return self._font.get_char_index(ord(character)) != 0

    def width(self, character: str) -> float:
        return self._glyph(character)[0]

    def outline(self, character: str) -> tuple:
        """(vertices (N, 2), codes (N,)) as matplotlib's Path takes them, y up from the baseline."""
        return self._glyph(character)[1:]

    def _glyph(self, character: str) -> tuple:
        if character not in self._glyphs:
            glyph = self._font.load_char(ord(character), flags=_UNHINTED)
            vertices, codes = self._font.get_path()
            self._glyphs[character] = (glyph.linearHoriAdvance / 65536 / _EM, vertices / _EM, codes)
        return self._glyphs[character]


class Fonts:
    """Chooses a face for each character, and remembers the characters that have none (`missing`)."""

    def __init__(self):
        self.missing: dict[str, None] = {}  # a set that keeps the order of reading
        self._chosen: dict[tuple[str, bool], tuple[str, Face]] = {}
        self._faces: list[Face] = []
        self._unopened = _files()
        self._plain = Face(font_manager.findfont("DejaVu Sans"))
        self._bold = Face(
            font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight="bold"))
        )

    def choose(self, character: str, bold: bool = False) -> tuple[str, Face] | None:
        """The character to draw and the face that has it; a box where none has; None for an invisible one."""
        if _INVISIBLE.match(character):
            return None
        key = (character, bold)
        if key not in self._chosen:
            self._chosen[key] = self._find(character, bold)
        return self._chosen[key]

    def warning(self) -> str | None:
        """What to tell the person about the characters that could not be drawn."""
        if not self.missing:
            return None
        some = " ".join(list(self.missing)[:20]) + (" …" if len(self.missing) > 20 else "")
        if language("".join(self.missing)) in ("zh", "ja"):
            advice = "pip install zhplot (it carries an open Chinese and Japanese font)"
        else:
            advice = "install a font that has them, for instance Noto Emoji or Symbola"
        return (
            f"The picture shows {BOX} where no installed font has the character: {some}\n"
            f"To see them, {advice}, or write .html, where the browser has the fonts."
        )

    def _find(self, character: str, bold: bool) -> tuple[str, Face]:
        for face in (*((self._bold,) if bold else ()), self._plain, *self._faces):
            if face.has(character):
                return character, face
        for face in self._unopened:
            self._faces.append(face)
            if face.has(character):
                return character, face
        self.missing[character] = None
        return BOX, self._plain


def families() -> list[str]:
    """Names of fonts for matplotlib's own texts, in the order in which it is to ask them for a character."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path, _ in _carried():
        if path not in known:
            font_manager.fontManager.addfont(path)
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(family for family in FAMILIES if family in installed)]


def _files() -> Iterator[Face]:
    """The faces to ask, the best first, opened one at a time: most texts need none of them."""
    seen = set()
    for path, index in _places():
        if (path, index) in seen:
            continue
        seen.add((path, index))
        try:
            face = Face(path, index)
        except _UNREADABLE:
            continue
        if face.usable:
            yield face


def _carried() -> Iterator[tuple[str, int]]:
    """The fonts that installed packages carry."""
    for package, file in PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if (Path(folder) / file).is_file():
                yield str(Path(folder) / file), 0


def _places() -> Iterator[tuple[str, int]]:
    yield from _carried()
    remembered = font_manager.fontManager.ttflist
    yield from _ranked(remembered)
    # matplotlib remembers its list of fonts: those installed since are found here
    known = {entry.fname for entry in remembered}
    yield from _ranked(_entries(path for path in font_manager.findSystemFonts() if path not in known))


def _ranked(entries: Iterable[font_manager.FontEntry]) -> list[tuple[str, int]]:
    """(file, number of the font in it) of the upright fonts, the families above first."""
    rank = {family: number for number, family in enumerate(FAMILIES)}
    upright = [entry for entry in entries if entry.style == "normal" and not _UNUSABLE.search(entry.name)]
    upright.sort(key=lambda e: (rank.get(e.name, len(rank)), abs(_weight(e.weight) - 400), e.name, e.fname))
    return [(entry.fname, getattr(entry, "index", 0)) for entry in upright]


def _entries(paths: Iterable[str]) -> Iterator[font_manager.FontEntry]:
    for path in paths:
        try:
            font = ft2font.FT2Font(path)
            yield font_manager.ttfFontProperty(font)
            # a file of several fonts: matplotlib before 3.11 knows the first of them only
            for index in range(1, getattr(font, "num_faces", 1) if hasattr(font, "face_index") else 1):
                yield font_manager.ttfFontProperty(ft2font.FT2Font(path, face_index=index))
        except _UNREADABLE:
            continue


def _weight(weight: int | str) -> int:
    return weight if isinstance(weight, int) else font_manager.weight_dict.get(weight, 400)
