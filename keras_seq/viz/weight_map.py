"""The weights between two sequences, as a picture: a row for each query, a column for each key."""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from keras_seq.viz.characters import printable
from keras_seq.viz.colors import DARK, LIGHT, STEPS, Theme
from keras_seq.viz.map_layout import CELL, GAP, SIZE, Cell, Label, MapLayout
from keras_seq.viz.token_weights import percent

__all__ = ["WeightMap"]


@dataclass(frozen=True)
class WeightMap:
    """Attention weights `(T, S)` drawn as cells: white is 0, the full colour is the greatest weight.

    Args:
        weights: T rows of S numbers, at least 0.
        queries: the T words at the rows.
        keys: the S words above the columns.
        caption: a line above the picture.
        chosen: whether the weights are the choices of a hard attention: then each cell that has weight is
            framed, and the legend says so.

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
    chosen: bool = False

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

    def layout(self, measure: Callable[[str], float]) -> MapLayout:
        """Where everything stands, for what draws it; `measure` says how many pixels wide a line is."""
        return MapLayout(self.weights, self.queries, self.keys, self.caption, self.legend(), measure)

    def svg(self) -> str:
        """An SVG document: light, and dark where the reader's system is. No scripts, nothing from outside."""
        layout = self.layout(_width)
        width, height = math.ceil(layout.width), math.ceil(layout.height)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="weight-map" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{_safe(self.caption or "weights")}">',
            f"<style>{_style()}</style>",
            f'<rect class="w0" width="{width}" height="{height}"/>',
            *map(_text, layout.labels),
            # framed ones last, or their neighbours lie over the frames
            *map(self._cell, sorted(layout.cells, key=lambda cell: self.is_chosen(cell.row, cell.column))),
        ]
        return "\n".join([*parts, "</svg>\n"])

    def save_svg(self, path: str | os.PathLike) -> None:
        """Write the SVG document to a file."""
        Path(path).write_text(self.svg(), encoding="utf-8")

    def _cell(self, cell: Cell) -> str:
        weight, chosen = self.weights[cell.row][cell.column], self.is_chosen(cell.row, cell.column)
        said = "chosen" if chosen else percent(weight)
        told = _safe(f"{self.queries[cell.row]} → {self.keys[cell.column]}: {said}")
        side = CELL - GAP
        kind = "cell chosen" if chosen else "cell"
        return (
            f'<rect class="{kind} w{cell.shade}" x="{cell.x:g}" y="{cell.y:g}" '
            f'width="{side}" height="{side}"><title>{told}</title></rect>'
        )

    def is_chosen(self, row: int, column: int) -> bool:
        """Whether a hard attention chose this key for this query."""
        return self.chosen and self.weights[row][column] > 0

    def legend(self, mark: str = "framed") -> str:
        """What the full colour means, or the mark of what was chosen."""
        if self.chosen and self.greatest:
            return f"{mark}: the word that a row chose, by hard attention"
        return f"full colour: {percent(self.greatest)}" if self.greatest else "no weight anywhere"


def _width(text):
    """About how many pixels a line of text takes: wide characters a full em, others half of one or so."""
    return math.ceil(sum(SIZE if ord(character) > 0x2E7F else 0.62 * SIZE for character in text))


def _text(label: Label) -> str:
    kind = f' class="{label.style}"' if label.style else ""
    if label.turned:
        place = f'transform="translate({label.x:g} {label.y:g}) rotate(-90)"'
    else:
        anchor = f'text-anchor="{label.anchor}" ' if label.anchor != "start" else ""
        place = f'{anchor}x="{label.x:g}" y="{label.y:g}"'
    return f"<text{kind} {place}>{_safe(label.text)}</text>"


def _safe(text):
    return escape(printable(text))


def _style():
    def colors(theme: Theme):
        shades = "".join(f".weight-map .w{n}{{fill:{theme.ramp(n / STEPS)}}}" for n in range(STEPS + 1))
        return (
            f"{shades}.weight-map text{{fill:{theme.text}}}.weight-map .muted{{fill:{theme.muted}}}"
            f".weight-map .cell{{stroke:{theme.line};stroke-width:.5}}"
            f".weight-map .chosen{{stroke:{theme.text};stroke-width:2}}"
        )

    # every rule is for this picture alone: inside a page a style sheet is for all of the page
    fonts = "system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
    return (
        f".weight-map text{{font:{SIZE}px {fonts}}}.weight-map .bold{{font-weight:650}}{colors(LIGHT)}"
        f"@media (prefers-color-scheme:dark){{{colors(DARK)}}}"
    )
