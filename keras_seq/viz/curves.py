"""Curves side by side, as a PNG file: what all of this room's diagrams share."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_seq.errors import InputError
from keras_seq.viz.characters import printable
from keras_seq.viz.colors import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Curve", "Panel", "draw_panels", "panels_figure"]

_MARKS = "osD^vPX*"


@dataclass(frozen=True)
class Curve:
    """Points that are joined by a line.

    Args:
        name: what the legend says; None: nothing.
        xs, ys: the points.
        number: of its colour and mark, from 0.
        is_floor: whether it is what others are to be seen beside: dashed, without marks.
    """

    name: str | None
    xs: Sequence[float]
    ys: Sequence[float]
    number: int
    is_floor: bool = False


@dataclass(frozen=True)
class Panel:
    """Curves over one pair of axes.

    Args:
        across, up: what the axes show.
        curves: the curves.
        shares: whether what is across are fractions, of which small ones matter: a logarithmic scale.
        from_zero: whether the axes begin at 0.
    """

    across: str
    up: str
    curves: Sequence[Curve]
    shares: bool = False
    from_zero: bool = False


def draw_panels(panels: Sequence[Panel], path: str | os.PathLike, title: str | None = None) -> Path:
    """Draws panels, two in a row, and writes them as a PNG file.

    Raises:
        InputError: matplotlib is not installed, or the file cannot be written.
    """
    from keras_seq.viz.files import store
    from keras_seq.viz.picture import require_matplotlib

    if Path(path).suffix.lower() != ".png":
        raise InputError(f"The picture's file name must end in .png.\nReceived: {os.fspath(path)}")
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()
    FigureCanvasAgg(panels_figure(panels, title)).print_png(content)
    return store(content.getvalue(), path)


def panels_figure(panels: Sequence[Panel], title: str | None = None) -> "Figure":
    """The matplotlib Figure of panels; it belongs to no pyplot window."""
    from matplotlib.figure import Figure

    from keras_seq.viz.fonts import families

    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    size = (7.5, 4.5) if columns == 1 else (11, 4.2 * rows)
    figure = Figure(figsize=size, dpi=144, layout="constrained", facecolor=LIGHT.ramp(0))
    fonts = {"family": families()}
    for panel, axes in zip(panels, figure.subplots(rows, columns, squeeze=False).flat, strict=False):
        _draw(panel, axes, fonts)
    if title:
        heading = figure.axes[0].set_title if len(panels) == 1 else figure.suptitle
        heading(printable(title), fontfamily=fonts["family"])
    for text in figure.findobj(match=lambda one: hasattr(one, "set_parse_math")):
        text.set_parse_math(False)  # a "$" in a name is a "$"
    return figure


def _draw(panel, axes, fonts):
    for curve in panel.curves:
        looks = {"linestyle": "--", "alpha": 0.6} if curve.is_floor else {"marker": _MARKS[curve.number % 8]}
        name = None if curve.name is None else printable(curve.name)
        axes.plot(curve.xs, curve.ys, color=f"C{curve.number}", label=name, **looks)
    axes.set_xlabel(panel.across)
    axes.set_ylabel(panel.up)
    if panel.shares:
        _in_shares(axes, [x for curve in panel.curves for x in curve.xs])
    if panel.from_zero:
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
    axes.grid(color=LIGHT.line, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(prop=fonts, frameon=False)


def _in_shares(axes, xs):
    """Per cent across, on a logarithmic scale with the marks that lie within."""
    marks = [
        share for share in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1) if share >= min(xs) / 2
    ]
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks(marks, [f"{100 * share:g} %" for share in marks])
    axes.set_xlim(min(xs) / 1.3, max(xs) * 1.3)
