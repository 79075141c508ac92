"""Attention as HTML: a fragment for notebooks, a page for a file. No scripts, nothing from outside.

The text is somebody else's: every piece of it is escaped, and everything from outside goes through `_safe`.
"""

from collections.abc import Sequence
from html import escape

from keras_seq.viz.alignment import Alignment
from keras_seq.viz.characters import language, printable
from keras_seq.viz.colors import STEPS, label_color, step
from keras_seq.viz.style import page_style, style
from keras_seq.viz.tagged_text import TaggedText
from keras_seq.viz.token_weights import TokenWeights, percent
from keras_seq.viz.view import View, listed

__all__ = ["fragment", "page"]

TITLE = "Where the model looked"
TOP = 10  # words listed, and reached by the Tab key; the others answer to pointing and tapping
LABELS = 10  # bars drawn


def fragment(view: View) -> str:
    """One view with its style: for a notebook's cell or another page."""
    return f'<div class="keras-seq"><style>{style()}</style>{_article(view)}</div>'


def page(views: View | Sequence[View], title: str = TITLE) -> str:
    """A whole HTML document with all views, one below the other.

    Example:
        >>> page([TokenWeights("Good", [(0, 4)], [1.0])]).startswith("<!DOCTYPE html>")
        True
    """
    articles = "\n".join(_article(view) for view in listed(views))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_safe(title)}</title>
<style>{page_style()}{style()}</style>
</head>
<body>
<main class="keras-seq">
<h1>{_safe(title)}</h1>
{articles}
</main>
</body>
</html>
"""


def _article(view: View) -> str:
    if isinstance(view, TaggedText):
        parts = _tagged_parts(view)
    elif isinstance(view, Alignment):
        parts = _alignment_parts(view)
    else:
        parts = [_caption(view), _answer(view), _text(view), _legend(view), _top_words(view)]
    return "<article>\n" + "\n".join(part for part in parts if part) + "\n</article>"


def _alignment_parts(view: Alignment) -> list[str]:
    """The sentence and its translation, and the map below; where it is wide, it is scrolled alone."""
    lines = [
        f'<p class="head">{name}</p>\n<p class="text" dir="auto" lang="{language(text)}">{_safe(text)}</p>'
        for name, text in view.lines()
    ]
    if note := view.note():
        return [_caption(view), *lines, f'<p class="note">{note}</p>']
    spoken = language("".join([*view.map.queries, *view.map.keys]))
    return [
        _caption(view),
        *lines,
        '<p class="head">What each word of the translation (a row) looked at</p>',
        f'<div class="map" tabindex="0" role="group" aria-label="alignment" lang="{spoken}">'
        f"{view.map.svg()}</div>",
    ]


def _caption(view: TokenWeights | Alignment) -> str:
    return f"<h2>{_safe(view.caption)}</h2>" if view.caption else ""


def _tagged_parts(view: TaggedText) -> list[str]:
    """Spans with their labels in small letters behind them; below, where attention went."""
    marks = "".join(
        _safe(text)
        if label is None
        else f'<mark class="span" style="{_label_style(view, label)}" title="{_safe(label)}">{_safe(text)}'
        f"<small> {_safe(label)}</small></mark>"
        for text, label in view.pieces()
    )
    parts = [
        f'<p class="answer">Intent: <b>{_safe(view.answer)}</b></p>' if view.answer is not None else "",
        f'<p class="text" dir="auto" lang="{language(view.text)}">{marks}</p>'
        if view.text
        else '<p class="note">(The text is empty.)</p>',
    ]
    if view.text and view.attention is not None:
        looking = f'<p class="head">{_safe(view.question)}</p>'
        parts += [looking, _text(view.attention), _legend(view.attention), _top_words(view.attention)]
    return parts


def _label_style(view: TaggedText, label: str) -> str:
    light, dark = (label_color(view.number(label), dark) for dark in (False, True))
    return f"background: {light}; background: light-dark({light}, {dark})"  # the first for older browsers


def _text(view: TokenWeights) -> str:
    if not view.text:
        return '<p class="note">(The text is empty.)</p>'
    spoken = f' lang="{language(view.text)}"'
    # the Tab key stops at the words of most weight only: four hundred stops would be a trap
    stops = min((weight for _, weight in view.top(TOP)), default=float("inf"))
    marks = []
    for piece in view.pieces():
        if piece.weight is None:
            marks.append(_safe(piece.text))
            continue
        shade = step(piece.level)
        stop = 0 if piece.weight >= stops else -1
        kind, said = f"w{shade}", percent(piece.weight)
        if piece.chosen:
            kind, said = f"{kind} picked", "chosen" if view.is_plain_choice else f"chosen, {said}"
        marks.append(
            f'<mark class="{kind}" tabindex="{stop}" title="{_safe(piece.text)}: {said}">'
            f"{_safe(piece.text)}</mark>"
        )
    return f'<p class="text" dir="auto"{spoken}>{"".join(marks)}</p>'


def _answer(view: TokenWeights) -> str:
    """The labels with their bars, or the plain answer where there are no probabilities."""
    ranked = sorted(view.probabilities.items(), key=lambda item: -item[1])
    rows = [_bar(view, label, probability) for label, probability in ranked[:LABELS]]
    shown = {label for label, _ in ranked[:LABELS]}
    lines = []
    if view.label is not None and view.label not in shown:
        lines.append(f'<p class="answer">Answer: <b>{_safe(view.label)}</b></p>')
    if view.true_label is not None and view.true_label not in shown:
        lines.append(f'<p class="answer">True label: <b>{_safe(view.true_label)}</b></p>')
    if rows:
        lines.append(f'<table class="bars"><tbody>{"".join(rows)}</tbody></table>')
    if len(ranked) > LABELS:
        lines.append(f'<p class="note">and {len(ranked) - LABELS} more labels</p>')
    return "\n".join(lines)


def _bar(view: TokenWeights, label: str, probability: float) -> str:
    kinds = (("answer", view.label), ("true label", view.true_label))
    notes = "".join(f' <span class="tag">{name}</span>' for name, one in kinds if one == label)
    width = 100 * min(max(probability, 0.0), 1.0)
    return (
        f'<tr{" class=chosen" if label == view.label else ""}><th scope="row">{_safe(label)}{notes}</th>'
        f'<td class="track"><div class="bar" style="width:{width:.1f}%"></div></td>'
        f'<td class="number">{percent(probability)}</td></tr>'
    )


def _legend(view: TokenWeights) -> str:
    if view.weights is None:
        return '<p class="note">This model gives no attention weights.</p>'
    if not view.greatest:
        return '<p class="note">Nothing in this text has weight.</p>' if view.text else ""
    key = ""
    if view.chosen:
        key = (
            f'<p class="legend"><mark class="w{STEPS} picked">word</mark>'
            f"<span>{view.choice_note('framed')}</span></p>"
        )
    if view.is_plain_choice:
        return key
    return (
        f'{key}<p class="legend"><span>weight 0 %</span><span class="scale" aria-hidden="true"></span>'
        f"<span>{percent(view.full)}</span>"
        f'<span class="note">{view.scale_note()}</span></p>'
    )


def _top_words(view: TokenWeights) -> str:
    spoken = f' lang="{language(view.text)}"'
    weights = "" if view.is_plain_choice else ' <span class="number">{}</span>'
    items = "".join(
        f"<li><span{spoken}>{_safe(word)}</span>{weights.format(percent(weight))}</li>"
        for word, weight in view.top(TOP)
    )
    head = "Chosen" if view.chosen else "Most weight"
    return f'<p class="head">{head}</p><ol class="top">{items}</ol>' if items else ""


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)
