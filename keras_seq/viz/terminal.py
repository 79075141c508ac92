"""Attention in a terminal: colours where there are any, brackets and a list where there are none."""

import math
import os
import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from keras_seq.viz.characters import printable
from keras_seq.viz.colors import DARK, LIGHT, STEPS, Theme, label_color, step
from keras_seq.viz.tagged_text import TaggedText
from keras_seq.viz.token_weights import TokenWeights, percent
from keras_seq.viz.view import View

__all__ = ["TaggedTerminalView", "TerminalView", "terminal_view"]

MARKED = 5  # words in brackets, and in the list below the text


def terminal_view(view: View, dark: bool | None = None):
    """What rich prints of a view; see `View.terminal`."""
    theme = DARK if (_is_dark() if dark is None else dark) else LIGHT
    if isinstance(view, TaggedText):
        return TaggedTerminalView(view, theme)
    if isinstance(view, TokenWeights):
        return TerminalView(view, theme)
    # Here, so that the other views start without it.
    from keras_seq.viz.alignment_terminal import AlignmentTerminalView

    return AlignmentTerminalView(view, theme)


class TerminalView:
    """The text in colours; asks the console it is printed on what it can show.

    Where there are no colours, or the output is a pipe, the words of most weight stand in [brackets]; their
    weights are listed below in either case. What a hard attention chose is underlined where there are
    colours, and all of it in brackets where there are none.
    """

    def __init__(self, view: TokenWeights, theme: Theme):
        self.view = view
        self.theme = theme

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view = self.view
        if view.caption:
            yield Text(printable(view.caption), style="bold")
        if answer := _answer(view):
            yield answer
        if not view.text:
            yield Text("(The text is empty.)", style="dim")
            return
        if view.weights is None:
            yield Text(printable(view.text))
            yield Text("(This model gives no attention weights.)", style="dim")
            return
        plain = _is_plain(console)
        yield self._bracketed() if plain else self._paint(console)
        yield Text(_legend(view, "in brackets" if plain else "underlined"), style="dim")

    def _paint(self, console: Console) -> Text:
        if console.color_system in ("standard", "windows"):
            return self._in_few_colors()
        text = Text()
        for piece in self.view.pieces():
            shade = step(piece.level)
            style = f"{self.theme.text} on {self.theme.ramp(shade / STEPS)}" if shade else ""
            text.append(printable(piece.text), f"bold underline {style}" if piece.chosen else style)
        return text

    def _in_few_colors(self) -> Text:
        """Sixteen colours hold no ramp: three looks that read on any background."""
        text = Text()
        for piece in self.view.pieces():
            looks = ((0.66, "bold black on yellow"), (0.33, "bold underline"), (0.1, "underline"))
            style = next((style for least, style in looks if piece.level >= least), None)
            if self.view.chosen:
                style = "bold underline black on yellow" if piece.chosen else None
            text.append(printable(piece.text), style)
        return text

    def _bracketed(self) -> Text:
        """The words of most weight in [brackets], where they have more than an even share."""
        words = self.view.top(MARKED)
        least = max(words[-1][1], self.view.even * 1.001) if words else math.inf
        text, left = Text(), MARKED
        for piece in self.view.pieces():
            marked = left > 0 and piece.weight is not None and piece.weight >= least
            left -= marked
            marked = piece.chosen if self.view.chosen else marked
            shown = printable(piece.text)
            text.append(f"[{shown}]" if marked else shown, "bold" if marked else None)
        return text


class TaggedTerminalView:
    """Spans on a colour each, their labels behind them; in [brackets] where there are no colours."""

    def __init__(self, view: TaggedText, theme: Theme):
        self.view = view
        self.theme = theme

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, theme = self.view, self.theme
        if view.answer is not None:
            yield Text(f"intent: {_one_line(view.answer)}", style="bold")
        if not view.text:
            yield Text("(The text is empty.)", style="dim")
            return
        plain = console.no_color or console.color_system in (None, "standard", "windows")
        text = Text()
        for piece, label in view.pieces():
            if label is None:
                text.append(printable(piece))
            elif plain:
                text.append(f"[{printable(piece)}]", "bold")
                text.append(f" {_one_line(label)}", "dim")
            else:
                style = f"{theme.text} on {label_color(view.number(label), theme is DARK)}"
                text.append(printable(piece), style)
                text.append(f" {_one_line(label)}", f"{style} dim")
        yield text
        if view.attention is not None:
            looked = view.attention.top(MARKED)
            words = "  ".join(f"{_one_line(word)} {percent(weight)}" for word, weight in looked)
            if view.chosen:
                words = _chosen(view.attention, "by hard attention")
            verb = "chose" if view.chosen else "looked at"
            yield Text(f"{_one_line(view.looked_from)} {verb}: {words}", style="dim")


def _answer(view: TokenWeights) -> Text | None:
    parts = []
    ranked = sorted(view.probabilities.items(), key=lambda item: -item[1])[:MARKED]
    for label, probability in ranked:
        parts.append((f"{_one_line(label)} {percent(probability)}", "bold" if label == view.label else "dim"))
    if view.label is not None and view.label not in dict(ranked):
        parts.insert(0, (_one_line(view.label), "bold"))
    if view.true_label is not None:
        wrong = view.label is not None and view.label != view.true_label
        parts.append((f"(true label: {_one_line(view.true_label)})", "bold" if wrong else "dim"))
    return Text("   ").join([Text(*part) for part in parts]) if parts else None


def _is_plain(console: Console) -> bool:
    return console.no_color or console.color_system is None


def _legend(view: TokenWeights, mark: str) -> str:
    words = [f"{_one_line(word)} {percent(weight)}" for word, weight in view.top(MARKED)]
    if not words:
        return "(Nothing in this text has weight.)"
    if view.chosen:
        return _chosen(view, view.choice_note(mark))
    return f"most weight: {'  '.join(words)}  (even spread {percent(view.even)})"


def _chosen(view: TokenWeights, note: str) -> str:
    """The words that were chosen, with their weights where they differ, and a note."""
    named = [_one_line(word) for word, _ in view.top(MARKED)]
    if not view.is_plain_choice:
        named = [f"{_one_line(word)} {percent(weight)}" for word, weight in view.top(MARKED)]
    return f"{'  '.join(named) or '(nothing)'}  ({note})"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", printable(text))


def _is_dark() -> bool:
    # where a terminal sets it, COLORFGBG is "foreground;background" in the numbers of the 16 colours
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background not in ("7", "9", "10", "11", "12", "13", "14", "15")
