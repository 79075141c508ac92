import re
import xml.etree.ElementTree as ElementTree

import pytest

from keras_seq.viz import WeightMap
from keras_seq.viz.colors import STEPS

SVG = "{http://www.w3.org/2000/svg}"


def cells(view):
    """(shade, what it tells) of every cell, read back from the document."""
    found = []
    for cell in ElementTree.fromstring(view.svg()).iter(f"{SVG}rect"):
        if "cell" in cell.get("class"):
            found.append((int(cell.get("class").split("w")[-1]), cell.find(f"{SVG}title").text))
    return found


def test_a_cell_for_each_weight_row_by_row_in_proportion_to_the_greatest():
    view = WeightMap([[0.8, 0.0, 0.2], [0.4, 0.4, 0.0]], ["the", "cat"], ["die", "Katze", "!"])
    assert [shade for shade, _ in cells(view)] == [STEPS, 0, STEPS // 4, STEPS // 2, STEPS // 2, 0]
    assert [told.split(":")[0] for _, told in cells(view)][:4] == [
        "the → die",
        "the → Katze",
        "the → !",
        "cat → die",
    ]


def test_words_are_drawn_and_never_obeyed():
    view = WeightMap([[1.0]], ["<script>\x1b[31m"], ["台北"], caption="a & b")
    text = view.svg()
    assert "<script>" not in text and "\x1b" not in text
    assert "台北" in text and "a &amp; b" in text
    ElementTree.fromstring(text)


def test_the_smallest_weights_are_told_too():
    (_, most), (_, least) = cells(WeightMap([[1.0, 1e-9]], ["a"], ["b", "c"]))
    assert most == "a → b: 100 %" and least.startswith("a → c: <")


def test_all_stands_inside_the_picture():
    view = WeightMap([[0.5] * 12] * 3, ["a long word indeed", "b", "c"], ["翻译"] * 12, caption="x" * 40)
    root = ElementTree.fromstring(view.svg())
    width, height = float(root.get("width")), float(root.get("height"))
    for cell in root.iter(f"{SVG}rect"):
        right = float(cell.get("x", 0)) + float(cell.get("width"))
        bottom = float(cell.get("y", 0)) + float(cell.get("height"))
        assert 0 <= right <= width and 0 <= bottom <= height


def test_no_weight_anywhere_is_said():
    assert "no weight anywhere" in WeightMap([[0.0, 0.0]], ["a"], ["b", "c"]).svg()


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([[1.0], [1.0]], "1 × 2. Received: 2 rows of [1] columns"),
        ([[0.5, float("nan")]], "finite"),
        ([[0.5, -0.1]], "at least 0"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        WeightMap(weights, ["a"], ["b", "c"])
