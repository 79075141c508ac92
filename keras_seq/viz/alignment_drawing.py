"""An alignment on a sheet; its map has the very layout that makes the SVG."""

from keras_seq.viz.alignment import Alignment
from keras_seq.viz.colors import LIGHT, STEPS
from keras_seq.viz.map_layout import CELL, GAP, SIZE, MapLayout
from keras_seq.viz.sheet import MARGIN, SMALL, Sheet
from keras_seq.viz.view import View
from keras_seq.viz.weight_map import WeightMap

__all__ = ["draw_alignment", "needed_width"]

_POINT = 0.75  # of a pixel of the layout


def needed_width(sheet: Sheet, view: View) -> float:
    """How wide a sheet must be for a view, in points; 0 for text, which takes what there is."""
    if not isinstance(view, Alignment) or view.map is None:
        return 0.0
    return 2 * MARGIN + _POINT * _layout(sheet, view.map).width


def draw_alignment(sheet: Sheet, view: Alignment) -> None:
    """Draws the sentence, its translation and the map below what is on the sheet."""
    if view.caption:
        sheet.paragraph(view.caption, bold=True)
        sheet.space(0.2)
    for name, text in view.lines():
        sheet.paragraph(name, SMALL, LIGHT.muted)
        sheet.paragraph(text)
        sheet.space(0.2)
    sheet.space(0.4)
    if note := view.note():
        sheet.paragraph(note, SMALL, LIGHT.muted)
    else:
        _draw_map(sheet, view.map)


def _draw_map(sheet: Sheet, weight_map: WeightMap) -> None:
    layout = _layout(sheet, weight_map)
    left, top = MARGIN, sheet.y

    def box(x, y, width, height, color):
        sheet.box(left + _POINT * x, top + _POINT * y, _POINT * width, _POINT * height, color)

    # lines between the cells, not a frame round each: four hundred tokens have 160,000 cells
    rows, columns = len(weight_map.queries), len(weight_map.keys)
    for row in range(rows + 1):
        box(layout.left - GAP, layout.top + CELL * row - GAP, CELL * columns + GAP, GAP, LIGHT.line)
    for column in range(columns + 1):
        box(layout.left + CELL * column - GAP, layout.top - GAP, GAP, CELL * rows + GAP, LIGHT.line)
    for cell in layout.cells:
        if cell.shade:
            box(cell.x, cell.y, CELL - GAP, CELL - GAP, LIGHT.ramp(cell.shade / STEPS))
        if weight_map.is_chosen(cell.row, cell.column):
            side = _POINT * (CELL - GAP)
            sheet.frame(left + _POINT * cell.x, top + _POINT * cell.y, side, side)
    for label in layout.labels:
        size, bold = _POINT * SIZE, label.style == "bold"
        part = {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
        x = left + _POINT * label.x - part * (sheet.measure(label.text, size, bold) if part else 0.0)
        color = LIGHT.muted if label.style == "muted" else LIGHT.text
        sheet.line(x, top + _POINT * label.y, label.text, size, color, bold, label.turned)
    sheet.y += _POINT * layout.height


def _layout(sheet: Sheet, weight_map: WeightMap) -> MapLayout:
    return weight_map.layout(lambda text: sheet.measure(text, SIZE))
