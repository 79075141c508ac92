"""How translation holds up as sentences grow: BLEU by sentence length, a line for each system."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_seq.viz.curves import Curve, Panel, draw_panels

__all__ = ["draw_length_curve"]


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
    return draw_panels([_panel(systems)], path, title)


def _panel(systems):
    curves = [
        Curve(
            name,
            [(row["shortest"] + row["longest"]) / 2 for row in rows],
            [row["bleu"] for row in rows],
            number,
        )
        for number, (name, rows) in enumerate(systems.items())
    ]
    return Panel("tokens in the source sentence", "BLEU", curves, from_zero=True)
