"""Attention drawn: for PNG files and for TensorBoard's images."""

import io
import re
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from keras_seq.errors import InputError
from keras_seq.viz.alignment import Alignment
from keras_seq.viz.characters import printable
from keras_seq.viz.colors import LIGHT, STEPS, label_color, step
from keras_seq.viz.tagged_text import TaggedText
from keras_seq.viz.token_weights import TokenWeights, percent
from keras_seq.viz.view import View, listed

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from keras_seq.viz.sheet import Sheet

__all__ = ["attention_image", "figure", "png", "require_matplotlib"]

LABELS = 10  # bars drawn
TOP = 10  # words listed
MAX_PIXELS = 65_000  # the drawing library's limit is 65,535 a side


def figure(
    views: View | Sequence[View], title: str | None = None, width: float = 7.5, dpi: int = 144
) -> "Figure":
    """The matplotlib Figure of all views, one below the other; it belongs to no pyplot window.

    Args:
        views: one view or several.
        title: the heading.
        width: of the picture, in inches; its height follows the text. An alignment of many tokens is wider.
        dpi: pixels per inch.

    Raises:
        InputError: matplotlib is not installed, or the views are too many or too wide for one picture.

    Warns:
        UserWarning: which characters no installed font has; boxes stand for them.
    """
    require_matplotlib("or write .html, which needs nothing")
    from keras_seq.viz.alignment_drawing import needed_width
    from keras_seq.viz.sheet import SIZE, SMALL, Sheet

    views = listed(views)
    sheet = Sheet(72 * width)
    sheet.width = max([sheet.width, *(needed_width(sheet, view) for view in views)])
    if sheet.width * dpi / 72 > MAX_PIXELS:
        raise InputError("This alignment is too wide for one picture.\nWrite .html, which has no limit.")
    if title:
        sheet.paragraph(title, size=1.3 * SIZE, bold=True)
        sheet.space(0.5)
    for index, view in enumerate(views):
        if index:
            _draw_rule(sheet)
        _draw_view(sheet, view)
        if sheet.y * dpi / 72 > MAX_PIXELS:
            raise InputError(
                f"These are too many texts for one picture: it is full after {index} of {len(views)}.\n"
                "Write .html, which has no limit, or draw fewer."
            )
    if warning := sheet.fonts.warning():
        count = len(sheet.fonts.missing)
        sheet.paragraph(
            f"□ stands for characters ({count}) that no font installed here has.", SMALL, LIGHT.muted
        )
        warnings.warn(warning, UserWarning, stacklevel=2)
    return sheet.figure(dpi)


def require_matplotlib(instead: str = "") -> None:
    """Raises the InputError that says what to install, and what to do instead."""
    if not _has_matplotlib():
        raise InputError(
            "Drawing a picture needs matplotlib, which is not installed.\n"
            f"Install it: pip install 'keras_seq[plot]'{', ' if instead else ''}{instead}."
        )


def png(views: View | Sequence[View], title: str | None = None) -> bytes:
    """The picture of all views as the bytes of a PNG file; arguments and errors are those of `figure`."""
    content = io.BytesIO()
    _canvas(figure(views, title)).print_png(content)
    return content.getvalue()


def attention_image(view: View, width: float = 7.5, dpi: int = 100) -> "np.ndarray | None":
    """The picture of one view for an image summary; None where matplotlib is not installed.

    Args:
        view: what to draw.
        width: of the picture, in inches.
        dpi: pixels per inch.

    Returns:
        A uint8 array of shape (H, W, 3), W = width · dpi, more for an alignment of many tokens, or None. H
        follows the text, so that pictures of different texts do not stack: log each under its own name.

    Example:
        >>> view = TokenWeights.from_tokens(["good", "film"], [0.75, 0.25], label="positive")
        >>> image = attention_image(view)  # tf.summary.image("attention/0", image[None], step=epoch)
    """
    if not _has_matplotlib():
        return None
    import numpy as np

    canvas = _canvas(figure(view, width=width, dpi=dpi))
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def _draw_tagged(sheet: "Sheet", view: TaggedText) -> None:
    from keras_seq.viz.sheet import SMALL

    if view.answer is not None:
        sheet.paragraph(f"Intent: {_one_line(view.answer)}", bold=True)
        sheet.space(0.4)
    if not view.text:
        sheet.paragraph("(The text is empty.)", SMALL, LIGHT.muted)
        return
    sheet.pieces(
        (text, None) if label is None else (f"{text} [{label}]", label_color(view.number(label)))
        for text, label in view.pieces()
    )
    if view.attention is not None:
        sheet.space(0.8)
        sheet.paragraph(_one_line(view.question), SMALL, LIGHT.muted)
        _draw_view(sheet, view.attention)


def _draw_view(sheet: "Sheet", view: View) -> None:
    from keras_seq.viz.sheet import NO_BREAK, SMALL

    if isinstance(view, TaggedText):
        return _draw_tagged(sheet, view)
    if isinstance(view, Alignment):
        from keras_seq.viz.alignment_drawing import draw_alignment

        return draw_alignment(sheet, view)
    if view.caption:
        sheet.paragraph(view.caption, bold=True)
        sheet.space(0.2)
    _draw_answer(sheet, view)
    sheet.space(0.6)
    if not view.text:
        sheet.paragraph("(The text is empty.)", SMALL, LIGHT.muted)
        return
    shades = ((piece, step(piece.level)) for piece in view.pieces())
    sheet.pieces(
        [(piece.text, LIGHT.ramp(shade / STEPS) if shade else None) for piece, shade in shades],
        framed=[piece.chosen for piece in view.pieces()],
    )
    sheet.space(0.4)
    if view.weights is None:
        sheet.paragraph("This model gives no attention weights.", SMALL, LIGHT.muted)
    elif not view.greatest:
        sheet.paragraph("Nothing in this text has weight.", SMALL, LIGHT.muted)
    else:
        if view.chosen:
            key = [(4 * NO_BREAK, LIGHT.ramp(1)), (f"   {view.choice_note('framed')}", None)]
            sheet.pieces(key, SMALL, color=LIGHT.muted, framed=[True, False])
        if not view.is_plain_choice:
            _draw_scale(sheet, view)
        words = [(_one_line(word), percent(weight)) for word, weight in view.top(TOP)]
        words = [word if view.is_plain_choice else f"{word} {said}" for word, said in words]
        words = "   ".join(word.replace(" ", NO_BREAK) for word in words)
        head = "Chosen" if view.chosen else "Most weight"
        sheet.paragraph(f"{head}:   {words}", SMALL, LIGHT.muted)


def _draw_rule(sheet: "Sheet") -> None:
    from keras_seq.viz.sheet import MARGIN

    sheet.space(1.2)
    sheet.box(MARGIN, sheet.y, sheet.inner, 0.75, LIGHT.line)
    sheet.space(1.2)


def _draw_scale(sheet: "Sheet", view: TokenWeights) -> None:
    """The legend: the ramp of colours, and what its ends mean."""
    from keras_seq.viz.sheet import MARGIN, SMALL

    baseline, width = sheet.y + 1.2 * SMALL, 90.0
    top = baseline - 0.8 * SMALL
    x = MARGIN + sheet.line(MARGIN, baseline, "weight 0 %", SMALL, LIGHT.muted) + 6
    sheet.box(x - 0.5, top - 0.5, width + 1, SMALL + 1, LIGHT.line)
    for shade in range(STEPS + 1):
        left = width * shade / (STEPS + 1)
        sheet.box(x + left, top, width - left, SMALL, LIGHT.ramp(shade / STEPS))
    end = f"{percent(view.full)}   ·   {view.scale_note()}"
    sheet.line(x + width + 6, baseline, end, SMALL, LIGHT.muted)
    sheet.y += 1.75 * SMALL


def _draw_answer(sheet: "Sheet", view: TokenWeights) -> None:
    from keras_seq.viz.sheet import SMALL

    ranked = sorted(view.probabilities.items(), key=lambda item: -item[1])
    shown = dict(ranked[:LABELS])
    for kind, label in (("Answer", view.label), ("True label", view.true_label)):
        if label is not None and label not in shown:
            sheet.paragraph(f"{kind}: {_one_line(label)}")
    if shown:
        _draw_bars(sheet, view, shown)
    if len(ranked) > LABELS:
        sheet.paragraph(f"and {len(ranked) - LABELS} more labels", SMALL, LIGHT.muted)


def _draw_bars(sheet: "Sheet", view: TokenWeights, shown: dict[str, float]) -> None:
    """A row a label: its name, whether it is the answer or the true label, a bar, the probability."""
    from keras_seq.viz.sheet import MARGIN, SIZE

    kinds = (("answer", view.label), ("true label", view.true_label))
    notes = {label: ", ".join(kind for kind, one in kinds if one == label) for label in shown}
    names = {
        label: sheet.cut(_one_line(label), 0.4 * sheet.inner, SIZE, label == view.label) for label in shown
    }
    name_width = max(sheet.measure(names[label], SIZE, label == view.label) for label in shown)
    note_width = max(sheet.measure(note, 0.8 * SIZE) for note in notes.values())
    number_width = sheet.measure("100.0 %", SIZE, bold=True)
    note_x = MARGIN + name_width + 8
    bar_x = note_x + (note_width + 10 if note_width else 0)
    room = min(260.0, MARGIN + sheet.inner - bar_x - number_width - 8)
    for label, probability in shown.items():
        chosen, number = label == view.label, percent(probability)
        color = LIGHT.text if chosen else LIGHT.muted
        baseline = sheet.y + 1.1 * SIZE
        sheet.line(MARGIN, baseline, names[label], SIZE, color, chosen)
        sheet.line(note_x, baseline, notes[label], 0.8 * SIZE, LIGHT.muted)
        length = max(0.75, room * min(max(probability, 0.0), 1.0))
        sheet.box(bar_x, baseline - 0.75 * SIZE, length, 0.75 * SIZE, LIGHT.muted)
        number_x = bar_x + room + 8 + number_width - sheet.measure(number, SIZE, chosen)
        sheet.line(number_x, baseline, number, SIZE, color, chosen)
        sheet.y += 1.5 * SIZE


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", printable(text))


def _canvas(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    return FigureCanvasAgg(figure)


def _has_matplotlib() -> bool:
    return find_spec("matplotlib") is not None
