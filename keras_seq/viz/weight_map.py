"""The weights between two sequences, as a picture: a row for each query, a column for each key."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from keras_seq.viz.characters import printable
from keras_seq.viz.colors import DARK, LIGHT, STEPS, Theme, step
from keras_seq.viz.token_weights import percent

__all__ = ["WeightMap"]

CELL, GAP, MARGIN, SIZE = 22, 1, 10, 12  # of a cell, between cells, around all, of the letters: in pixels


@dataclass(frozen=True)
class WeightMap:
    """Attention weights `(T, S)` drawn as cells: white is 0, the full colour is the greatest weight.

    Args:
        weights: T rows of S numbers, at least 0.
        queries: the T words at the rows.
        keys: the S words above the columns.
        caption: a line above the picture.

    Raises:
        ValueError: rows and words do not fit together; weights negative or not finite.

    Example:
        >>> view = WeightMap([[1.0, 0.0], [0.25, 0.75]], ["the", "cat"], ["die", "Katze"])
        >>> view.svg().startswith("<svg")
        True
    """

    weights: Sequence[Sequence[float]]
    queries: Sequence[str]
    keys: Sequence[str]
    caption: str | None = None

    def __post_init__(self):
        weights = tuple(tuple(float(weight) for weight in row) for row in self.weights)
        object.__setattr__(self, "weights", weights)
        if len(weights) != len(self.queries) or any(len(row) != len(self.keys) for row in weights):
            widths = sorted({len(row) for row in weights})
            raise ValueError(
                f"Weights have a row for each query and a column for each key: {len(self.queries)} × "
                f"{len(self.keys)}. Received: {len(weights)} rows of {widths} columns"
            )
        if not all(math.isfinite(weight) and weight >= 0 for row in weights for weight in row):
            raise ValueError("Weights are finite and at least 0. Received: some that are not")

    @property
    def greatest(self) -> float:
        """The greatest weight; 0 where there is none."""
        return max((weight for row in self.weights for weight in row), default=0.0)

    def svg(self) -> str:
        """An SVG document: light, and dark where the reader's system is. No scripts, nothing from outside."""
        left = MARGIN + max((_width(word) for word in self.queries), default=0) + 6
        caption = SIZE * 2 if self.caption else 0
        top = MARGIN + caption + max((_width(word) for word in self.keys), default=0) + 6
        width = left + CELL * len(self.keys) + MARGIN
        height = top + CELL * len(self.queries) + MARGIN + SIZE * 2
        width = max(width, MARGIN * 2 + _width(self.caption or ""), MARGIN * 2 + _width(self._legend()))
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{_safe(self.caption or "weights")}">',
            f"<style>{_style()}</style>",
            f'<rect class="w0" width="{width}" height="{height}"/>',
        ]
        if self.caption:
            parts.append(f'<text class="bold" x="{MARGIN}" y="{MARGIN + SIZE}">{_safe(self.caption)}</text>')
        for column, word in enumerate(self.keys):
            x, y = left + CELL * column + CELL // 2 + 4, top - 6
            parts.append(f'<text transform="translate({x} {y}) rotate(-90)">{_safe(word)}</text>')
        for row, word in enumerate(self.queries):
            y = top + CELL * row + CELL // 2 + 4
            parts.append(f'<text text-anchor="end" x="{left - 6}" y="{y}">{_safe(word)}</text>')
            parts += [
                self._cell(left + CELL * column, top + CELL * row, row, column)
                for column in range(len(self.keys))
            ]
        parts.append(f'<text class="muted" x="{MARGIN}" y="{height - MARGIN}">{_safe(self._legend())}</text>')
        return "\n".join([*parts, "</svg>\n"])

    def save_svg(self, path: str | os.PathLike) -> None:
        """Write the SVG document to a file."""
        Path(path).write_text(self.svg(), encoding="utf-8")

    def _cell(self, x, y, row, column):
        weight = self.weights[row][column]
        shade = step(weight / self.greatest) if weight else 0
        told = _safe(f"{self.queries[row]} → {self.keys[column]}: {percent(weight)}")
        side = CELL - GAP
        return (
            f'<rect class="cell w{shade}" x="{x}" y="{y}" width="{side}" height="{side}">'
            f"<title>{told}</title></rect>"
        )

    def _legend(self):
        return f"full colour: {percent(self.greatest)}" if self.greatest else "no weight anywhere"


def _width(text):
    """About how many pixels a line of text takes: wide characters a full em, others half of one or so."""
    return math.ceil(sum(SIZE if ord(character) > 0x2E7F else 0.62 * SIZE for character in text))


def _safe(text):
    return escape(printable(text))


def _style():
    def colors(theme: Theme):
        shades = "".join(f".w{n}{{fill:{theme.ramp(n / STEPS)}}}" for n in range(STEPS + 1))
        return (
            f"{shades}text{{fill:{theme.text}}}.muted{{fill:{theme.muted}}}"
            f".cell{{stroke:{theme.line};stroke-width:.5}}"
        )

    return (
        f"text{{font:{SIZE}px system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}}"
        f".bold{{font-weight:650}}{colors(LIGHT)}"
        f"@media (prefers-color-scheme:dark){{{colors(DARK)}}}"
    )
