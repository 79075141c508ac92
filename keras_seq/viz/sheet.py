"""Sets text: the sheet of paper that pictures are drawn on.

A drawing library knows no line breaks, no coloured words and no second font, so the text is set here,
character by character, from the outlines of the fonts. Lengths are in points (1/72 inch) and y goes down;
the sheet grows as it is written on, and becomes a figure when it is known how long it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from keras_seq.viz.characters import printable
from keras_seq.viz.colors import LIGHT
from keras_seq.viz.fonts import Face, Fonts

__all__ = ["MARGIN", "NO_BREAK", "SIZE", "SMALL", "Sheet"]

SIZE = 11.0
SMALL = 0.85 * SIZE
MARGIN = 18.0
MAX_LINES = 150  # of one paragraph: a picture has its limits
NO_BREAK = "\u00a0"

# scripts without spaces, and emoji: a line may break beside each character …
_WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U0001f000-\U0003ffff]"
)
_CLOSING = set("，。、！？；：）】》」』〉〕”’…,.!?;:)]}%")  # … but these begin no line


class Glyph(NamedTuple):
    """A character as it will be drawn; `mark` is (number, color) of the box around it, or None."""

    character: str
    face: Face | None  # None for a line break
    width: float  # ems
    mark: tuple[int, str] | None = None
    framed: bool = False


@dataclass
class Sheet:
    """A sheet of some width in points; `y` is where the next thing is put."""

    width: float
    y: float = MARGIN
    fonts: Fonts = field(default_factory=Fonts)
    boxes: list = field(default_factory=list)  # x, y of the upper edge, width, height, color
    frames: list = field(default_factory=list)  # the same without a color
    lines: list = field(default_factory=list)  # x, y of the baseline, glyphs, size, color
    turned: list = field(default_factory=list)  # the same, of lines that read upwards

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 2 * MARGIN

    def space(self, lines: float) -> None:
        self.y += lines * SIZE

    def box(self, x: float, top: float, width: float, height: float, color: str) -> None:
        self.boxes.append((x, top, width, height, color))

    def frame(self, x: float, top: float, width: float, height: float) -> None:
        self.frames.append((x, top, width, height))

    def line(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        color: str,
        bold: bool = False,
        turned: bool = False,
    ) -> float:
        """Puts one line at a place, turned by a quarter if it is to read upwards; returns its width."""
        glyphs = list(self._glyphs([(text, None)], bold))
        (self.turned if turned else self.lines).append((x, baseline, glyphs, size, color))
        return size * sum(glyph.width for glyph in glyphs)

    def measure(self, text: str, size: float, bold: bool = False) -> float:
        return size * sum(glyph.width for glyph in self._glyphs([(text, None)], bold))

    def cut(self, text: str, limit: float, size: float, bold: bool = False) -> str:
        """The text, or as much of it as fits into `limit` and an ellipsis."""
        if self.measure(text, size, bold) <= limit:
            return text
        while text and self.measure(text + "…", size, bold) > limit:
            text = text[:-1]
        return text + "…"

    def paragraph(self, text: str, size: float = SIZE, color: str = LIGHT.text, bold: bool = False) -> None:
        """Sets text between the margins, on as many lines as it takes."""
        self.pieces([(text, None)], size, 1.45, color, bold)

    def pieces(
        self,
        pieces: Iterable[tuple[str, str | None]],
        size: float = SIZE,
        pitch: float = 1.75,
        color: str = LIGHT.text,
        bold: bool = False,
        framed: Iterable[bool] = (),
    ) -> None:
        """Sets (text, color of the box behind it or None) one after the other, lines `pitch` sizes apart.

        Those that are framed have a line around their box.
        """
        pieces = [(printable(text), shade) for text, shade in pieces]
        total, done = sum(len(text) for text, _ in pieces), 0
        for number, glyphs in enumerate(_lines(self._glyphs(pieces, bold, framed), self.inner / size)):
            if number == MAX_LINES:
                self.paragraph(
                    f"… and about {total - done:,} characters more, which .html shows.", SMALL, LIGHT.muted
                )
                break
            baseline = self.y + (pitch / 2 + 0.36) * size
            self._shade(glyphs, baseline, size)
            self.lines.append((MARGIN, baseline, glyphs, size, color))
            self.y += pitch * size
            done += len(glyphs)

    def figure(self, dpi: int) -> Figure:
        """All that was put on the sheet, as a matplotlib Figure that belongs to no window."""
        height = self.y + MARGIN
        figure = Figure(figsize=(self.width / 72, height / 72), dpi=dpi, facecolor=LIGHT.ramp(0))
        points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
        for x, top, width, tall, color in self.boxes:
            corner = (x, height - top - tall)
            figure.add_artist(Rectangle(corner, width, tall, color=color, lw=0, transform=points))
        for x, top, width, tall in self.frames:
            corner = (x, height - top - tall)
            line = Rectangle(corner, width, tall, fill=False, edgecolor=LIGHT.text, lw=1.2, transform=points)
            figure.add_artist(line)
        for degrees, lines in ((0, self.lines), (90, self.turned)):
            for x, baseline, glyphs, size, color in lines:
                if outline := _outline(glyphs):
                    place = (
                        Affine2D().scale(size).rotate_deg(degrees).translate(x, height - baseline) + points
                    )
                    figure.add_artist(PathPatch(outline, color=color, lw=0, transform=place))
        return figure

    def _glyphs(self, pieces, bold: bool, framed: Iterable[bool] = ()) -> Iterator[Glyph]:
        for number, ((text, shade), has_frame) in enumerate(zip_longest(pieces, framed, fillvalue=False)):
            mark = (number, shade) if shade else None  # the number keeps neighbours of one colour two boxes
            for character in text.replace("\t", "    "):
                if character == "\n":
                    yield Glyph("\n", None, 0.0)
                elif chosen := self.fonts.choose(character, bold):
                    drawn, face = chosen
                    yield Glyph(drawn, face, face.width(drawn), mark, has_frame)

    def _shade(self, glyphs: list[Glyph], baseline: float, size: float) -> None:
        x, last = MARGIN, None
        for glyph in glyphs:
            width = glyph.width * size
            if glyph.mark and glyph.mark == last:
                before, top, wide, tall, color = self.boxes[-1]
                self.boxes[-1] = (before, top, wide + width, tall, color)
                if glyph.framed:
                    self.frames[-1] = self.boxes[-1][:4]
            elif glyph.mark:
                self.box(x, baseline - 1.02 * size, width, 1.36 * size, glyph.mark[1])
                if glyph.framed:
                    self.frame(*self.boxes[-1][:4])
            last = glyph.mark
            x += width


def _lines(glyphs: Iterable[Glyph], room: float) -> Iterator[list[Glyph]]:
    """Lines no wider than `room` ems, broken between words where that is possible."""
    line, used = [], 0.0
    for word in _words(glyphs):
        if word[0].character == "\n":
            yield line
            line, used = [], 0.0
            continue
        if line and used + sum(glyph.width for glyph in word) > room:
            yield line
            line, used = [], 0.0
            if word[0].character.isspace():
                continue  # the line's end stands for it
        for glyph in word:
            if line and used + glyph.width > room:
                yield line
                line, used = [], 0.0
            line.append(glyph)
            used += glyph.width
    if line:
        yield line


def _words(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Stretches that stay together on a line: words, single wide characters, single spaces, line breaks."""
    word: list[Glyph] = []
    for glyph in glyphs:
        if word and _may_part(word[-1].character, glyph.character):
            yield word
            word = []
        word.append(glyph)
    if word:
        yield word


def _may_part(before: str, after: str) -> bool:
    if NO_BREAK in (before, after):
        return False
    if before.isspace() or after.isspace():
        return True
    return after not in _CLOSING and bool(_WIDE.match(before) or _WIDE.match(after))


def _outline(glyphs: Iterable[Glyph]) -> Path | None:
    """One path, in ems, of the glyphs side by side; None where nothing is to be seen."""
    vertices, codes, x = [], [], 0.0
    for glyph in glyphs:
        corners, kinds = glyph.face.outline(glyph.character)
        if len(corners):
            vertices.append(corners + (x, 0.0))
            codes.append(kinds)
        x += glyph.width
    return Path(np.concatenate(vertices), np.concatenate(codes)) if vertices else None
