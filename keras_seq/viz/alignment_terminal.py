"""An alignment in a terminal: a heat map where it fits, else the strongest link of each word."""

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from keras_seq.text import CharacterTokenizer
from keras_seq.viz.alignment import Alignment
from keras_seq.viz.characters import printable
from keras_seq.viz.colors import STEPS, Theme, step
from keras_seq.viz.token_weights import percent

__all__ = ["AlignmentTerminalView"]

MOST = 16  # characters of a word; the rest is cut off
_CELL = 2  # columns of a terminal: the width of a Chinese character
_SHADES = " ░▒▓█"  # where a terminal has no colours, or too few
_CHOSEN = "[]"

_CHARACTERS = CharacterTokenizer(lowercase=False)


class AlignmentTerminalView:
    """Asks the console it is printed on what it can show."""

    def __init__(self, view: Alignment, theme: Theme):
        self.view = view
        self.theme = theme

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view = self.view
        if view.caption:
            yield Text(printable(view.caption), style="bold")
        for name, text in view.lines():
            yield Text.assemble(
                (f"{name}: ", "dim"), (printable(text), "bold" if name == "Translation" else "")
            )
        if note := view.note():
            yield Text(f"({note})", style="dim")
            return
        colors = not console.no_color and console.color_system in ("256", "truecolor")
        rows = [_short(word) for word in view.map.queries]
        width = max(sum(map(cell_len, row)) for row in rows) + 1
        fits = width + _CELL * len(view.map.keys) <= options.max_width
        if not fits or not (colors or options.encoding.startswith("utf")):
            yield from self._links()
            return
        yield from _header([_short(word) for word in view.map.keys], width)
        for number, (row, weights) in enumerate(zip(rows, view.map.weights, strict=True)):
            line = Text(" " * (width - 1 - sum(map(cell_len, row))) + "".join(row) + " ")
            for column, weight in enumerate(weights):
                level = weight / view.map.greatest if weight else 0.0
                line.append_text(self._cell(level, colors, view.map.is_chosen(number, column)))
            yield line
        yield Text(f"{' ' * width}{view.map.legend(_CHOSEN)}", style="dim")

    def _cell(self, level: float, colors: bool, chosen: bool) -> Text:
        theme, inside = self.theme, _CHOSEN if chosen else " " * _CELL
        if colors:
            shade = step(level)
            return Text(inside, style=f"bold {theme.text} on {theme.ramp(shade / STEPS)}" if shade else "")
        if chosen:
            return Text(inside)
        return Text(_SHADES[round(level * (len(_SHADES) - 1))] * _CELL)

    def _links(self) -> RenderResult:
        links = self.view.links()
        targets = ["".join(_short(link.target)) for link in links]
        width = max(map(cell_len, targets))
        for target, link in zip(targets, links, strict=True):
            line = Text(" " * (width - cell_len(target)) + target)
            if link.source is None:
                line.append(" ← (nothing)", "dim")
            else:
                said = "chosen" if self.view.chosen else percent(link.weight)
                line.append(f" ← {''.join(_short(link.source))}").append(f" {said}", "dim")
            yield line


def _header(words: list[list[str]], indent: int) -> RenderResult:
    """The words over their columns, written downwards."""
    height = max(map(len, words))
    columns = [[""] * (height - len(word)) + word for word in words]
    for line in zip(*columns, strict=True):
        yield Text(" " * indent + "".join(each + " " * (_CELL - cell_len(each)) for each in line).rstrip())


def _short(word: str) -> list[str]:
    """The characters of a word with their marks, each at most two columns wide."""
    characters = _CHARACTERS.tokens(printable(word)) or [" "]
    characters = [each if cell_len(each) <= _CELL else each[0] for each in characters]
    return characters if len(characters) <= MOST else [*characters[: MOST - 1], "…"]
