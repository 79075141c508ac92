"""Whether words that were looked at are those that count: what changes with more and more of them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_seq.viz.curves import Curve, Panel, draw_panels

__all__ = ["draw_faithfulness"]

_MEASURES = {
    "accuracy_kept": "accuracy, these words alone",
    "accuracy_removed": "accuracy without these words",
    "comprehensiveness": "comprehensiveness (more is better)",
    "sufficiency": "sufficiency (0 is best)",
}


def draw_faithfulness(
    systems: Mapping[str, Sequence[Mapping]],
    path: str | os.PathLike,
    title: str | None = None,
) -> Path:
    """Draws the curves and writes them as a PNG file: a panel for each measure, a colour for each system.

    A point stands over the share of words that its rationales have in the mean. Dashed in the same colour: as
    many random words.

    Args:
        systems: for each system by name its rows of `keras_seq.metrics.faithfulness_curve`, with labels.
        path: the file; an older one of this name is replaced.
        title: the heading.

    Returns:
        The path written.

    Raises:
        ValueError: no system, or one without rows.
        InputError: matplotlib is not installed, or the file cannot be written.

    Reference: DeYoung et al. (2020), ERASER: A Benchmark to Evaluate Rationalized NLP Models, section 4.2.
    """
    if not systems or not all(systems.values()):
        raise ValueError(f"A curve needs rows for each system. Received: systems={dict(systems)!r:.80}")
    return draw_panels(_panels(systems), path, title)


def _panels(systems):
    return [
        Panel("share of the words", told, list(_curves(systems, name)), shares=True)
        for name, told in _MEASURES.items()
    ]


def _curves(systems, measure):
    for number, (name, rows) in enumerate(systems.items()):
        rows = sorted(rows, key=lambda row: row["attention"]["share"])
        for kind, label in (("attention", name), ("random", f"{name}, random words")):
            points = [(row[kind]["share"], row[kind][measure]) for row in rows]
            xs, ys = zip(*points, strict=True)
            yield Curve(label, xs, ys, number, is_floor=kind == "random")
