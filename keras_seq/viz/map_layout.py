"""Where everything of a weight map stands; what draws it, SVG or a sheet, follows."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from keras_seq.viz.characters import printable
from keras_seq.viz.colors import step

__all__ = ["CELL", "GAP", "SIZE", "Cell", "Label", "MapLayout"]

CELL, GAP, MARGIN, SIZE = 22, 1, 10, 12  # of a cell, between cells, around all, of the letters: in pixels
_BESIDE = 6  # between words and cells
_DOWN = 4  # from the middle of a cell to the baseline of its word
MOST = 24  # characters of a word; the rest is cut off

# Han, kana and Hangul stand upright above their column, one below the other; other scripts are turned.
_STACKED = re.compile("[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]+")


class Cell(NamedTuple):
    """A cell's upper left corner, its place among the weights, and its step of colour."""

    x: float
    y: float
    row: int
    column: int
    shade: int


class Label(NamedTuple):
    """A line of text: its anchor point on the baseline, and how it stands there."""

    text: str
    x: float
    y: float
    anchor: str = "start"  # or "middle", "end": what of the line is at x
    turned: bool = False  # by a quarter, so that it reads upwards
    style: str = ""  # or "bold", "muted"


class MapLayout:
    """The cells and labels of a weight map, in pixels from its upper left corner.

    Args:
        weights: T rows of S numbers.
        queries, keys: the words at the rows and above the columns.
        caption: a line above; legend: one below.
        measure: how wide a line of text is, in pixels.
    """

    def __init__(
        self,
        weights: Sequence[Sequence[float]],
        queries: Sequence[str],
        keys: Sequence[str],
        caption: str | None,
        legend: str,
        measure: Callable[[str], float],
    ):
        queries, keys = ([_short(word) for word in words] for words in (queries, keys))
        heights = [SIZE * len(word) if _STACKED.fullmatch(word) else measure(word) for word in keys]
        self.left = MARGIN + max(map(measure, queries), default=0) + _BESIDE
        self.top = MARGIN + (2 * SIZE if caption else 0) + max(heights, default=0) + _BESIDE
        self.height = self.top + CELL * len(queries) + MARGIN + 2 * SIZE
        lines = max(measure(caption or ""), measure(legend))
        self.width = max(self.left + CELL * len(keys) + MARGIN, lines + 2 * MARGIN)
        greatest = max((weight for row in weights for weight in row), default=0.0)
        self.cells = [
            Cell(
                self.left + CELL * column,
                self.top + CELL * row,
                row,
                column,
                step(weight / greatest) if weight else 0,
            )
            for row, line in enumerate(weights)
            for column, weight in enumerate(line)
        ]
        self.labels = [Label(caption, MARGIN, MARGIN + SIZE, style="bold")] if caption else []
        for column, word in enumerate(keys):
            self.labels += self._above(self.left + CELL * column + CELL // 2, word)
        for row, word in enumerate(queries):
            y = self.top + CELL * row + CELL // 2 + _DOWN
            self.labels.append(Label(word, self.left - _BESIDE, y, anchor="end"))
        self.labels.append(Label(legend, MARGIN, self.height - MARGIN, style="muted"))

    def _above(self, middle: float, word: str) -> list[Label]:
        """The word above a column."""
        bottom = self.top - _BESIDE
        if not _STACKED.fullmatch(word):
            return [Label(word, middle + _DOWN, bottom, turned=True)]
        last = len(word) - 1
        return [
            Label(character, middle, bottom - SIZE * (last - place), anchor="middle")
            for place, character in enumerate(word)
        ]


def _short(word: str) -> str:
    word = printable(word).replace("\n", " ")
    return word if len(word) <= MOST else word[: MOST - 1] + "…"
