"""How translation holds up as sentences grow: BLEU by sentence length, a line for each system."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.viz.characters import printable
from keras_seq.viz.colors import LIGHT

__all__ = ["draw_length_curve"]

_MARKS = "osD^vPX*"


def draw_length_curve(
    systems: Mapping[str, Sequence[Mapping[str, float]]],
    path: str | os.PathLike,
    title: str | None = None,
) -> Path:
    """Draws the curves and writes them as a PNG file.

    A point stands over the middle of the lengths of its bucket.

    Args:
        systems: for each system by name its rows of `keras_seq.metrics.bleu_by_length`.
        path: the file; an older one of this name is replaced.
        title: the heading.

    Returns:
        The path written.

    Raises:
        ValueError: no system, or one without rows.
        InputError: matplotlib is not installed, or the file cannot be written.

    Example:
        >>> rows = [{"shortest": 1, "longest": 9, "bleu": 38}, {"shortest": 10, "longest": 19, "bleu": 30}]
        >>> draw_length_curve({"attention": rows}, "lengths.png")  # doctest: +SKIP

    Reference: Bahdanau et al. (2015), Neural Machine Translation by Jointly Learning to Align and Translate,
        figure 2.
    """
    if not systems or not all(systems.values()):
        raise ValueError(f"A curve needs rows for each system. Received: systems={dict(systems)!r:.80}")
    from keras_seq.viz.files import store
    from keras_seq.viz.picture import require_matplotlib

    if Path(path).suffix.lower() != ".png":
        raise InputError(f"The picture's file name must end in .png.\nReceived: {os.fspath(path)}")
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()
    FigureCanvasAgg(_figure(systems, title)).print_png(content)
    return store(content.getvalue(), path)


def _figure(systems, title):
    from matplotlib.figure import Figure

    from keras_seq.viz.fonts import families

    fonts = {"family": families()}
    figure = Figure(figsize=(7.5, 4.5), dpi=144, layout="constrained", facecolor=LIGHT.ramp(0))
    axes = figure.add_subplot()
    for number, (name, rows) in enumerate(systems.items()):
        middles = [(row["shortest"] + row["longest"]) / 2 for row in rows]
        scores = [row["bleu"] for row in rows]
        axes.plot(middles, scores, marker=_MARKS[number % len(_MARKS)], label=printable(name))
    axes.set_xlabel("tokens in the source sentence")
    axes.set_ylabel("BLEU")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.grid(color=LIGHT.line, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(prop=fonts, frameon=False)
    if title:
        axes.set_title(printable(title), fontfamily=fonts["family"])
    for text in figure.findobj(match=lambda one: hasattr(one, "set_parse_math")):
        text.set_parse_math(False)  # a "$" in a name is a "$"
    return figure
