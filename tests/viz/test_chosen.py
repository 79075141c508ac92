"""What a hard attention chose is marked, and not only coloured: in every kind of picture, and in words."""

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console

from keras_seq.viz import Alignment, TaggedText, TokenWeights, WeightMap, attention_image
from keras_seq.viz.colors import LIGHT
from tests.viz.test_markup import Reader

WORDS = ["A", "superb", "quiet", "film"]
ONE, TWO, HEADS = [0, 1, 0, 0], [0, 0.5, 0, 0.5], [0, 0.75, 0, 0.25]
SVG = "{http://www.w3.org/2000/svg}"


def text(weights, chosen=True):
    return TokenWeights.from_tokens(WORDS, weights, chosen=chosen)


def alignment(chosen=True):
    return Alignment(
        ["the", "cat"], ["die", "Katze"], [[1, 0], [0, 1]], "The cat", "die Katze", chosen=chosen
    )


def tagged(chosen=True):
    return TaggedText("fly to Rome", [(7, 11, "city")], "book", [(0, 3), (4, 6), (7, 11)], [1, 0, 0],
                      chosen=chosen)  # fmt: skip


VIEWS = {"text": lambda chosen: text(ONE, chosen), "alignment": alignment, "tagged": tagged}


def printed(view, width=80, **options):
    out = io.StringIO()
    Console(file=out, width=width, legacy_windows=False, _environ={}, **options).print(
        view.terminal(dark=True)
    )
    return out.getvalue()


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_only_a_choice_is_said_to_be_one(view):
    soft, hard = view(False), view(True)
    for way in (printed, lambda each: each.html().rpartition("</style>")[2]):
        assert "chose" not in way(soft) and "chose" in way(hard)


@pytest.mark.parametrize("weights, words", [(ONE, ["superb"]), (TWO, ["superb", "film"])])
def test_a_terminal_underlines_the_words_or_puts_all_of_them_in_brackets(weights, words):
    plain = printed(text(weights))
    assert re.findall(r"\[(\w+)\]", plain) == words
    assert f"in brackets: chosen by hard attention, {len(words)} of 4 tokens" in plain
    for colors in ("truecolor", "standard"):
        painted = printed(text(weights), force_terminal=True, color_system=colors)
        looks = dict(
            (word, codes.split(";")) for codes, word in re.findall(r"\x1b\[([\d;]+)m(\w+)\x1b", painted)
        )
        assert [word for word, codes in looks.items() if "4" in codes] == words
        assert "underlined: chosen by hard attention" in painted


def test_more_words_are_chosen_than_a_list_has():
    many = TokenWeights("a" * 9, [(n, n + 1) for n in range(9)], [1 / 9] * 9, chosen=True)
    assert "[a]" * 9 in printed(many)


def test_a_page_frames_the_words_and_has_a_legend():
    reader = Reader(text(TWO).html())
    framed = [data for data, above in reader.texts if above and "picked" in above[-1][1].get("class", "")]
    assert framed == ["superb", "film", "word"]  # the last is the legend's
    assert [mark["title"] for mark in reader.marks()[:-1]] == [
        "A: 0 %", "superb: chosen", "quiet: 0 %", "film: chosen",
    ]  # fmt: skip
    assert "framed: chosen by hard attention, 2 of 4 tokens" in reader.inside(class_="legend")
    assert "%" not in reader.inside(class_="top") and "weight 0 %" not in reader.inside(class_="legend")


def test_where_heads_chose_differently_their_shares_stand_too():
    reader = Reader(text(HEADS).html())
    assert "superb: chosen, 75.0 %" in [mark.get("title") for mark in reader.marks()]
    assert "weight 0 %" in reader.inside(class_="legend") and "25.0 %" in reader.inside(class_="top")
    assert "superb 75.0 %  film 25.0 %" in printed(text(HEADS))


def test_the_chosen_cells_of_a_map_are_framed_and_lie_above_their_neighbours():
    view = WeightMap([[0, 1, 0], [1, 0, 0]], ["a", "b"], ["x", "y", "z"], chosen=True)
    cells = [
        cell for cell in ElementTree.fromstring(view.svg()).iter(f"{SVG}rect") if cell.get("class") != "w0"
    ]
    assert ["chosen" in cell.get("class").split() for cell in cells] == [False] * 4 + [True] * 2
    assert [cell.find(f"{SVG}title").text for cell in cells[4:]] == ["a → y: chosen", "b → x: chosen"]
    assert ".chosen{stroke:" in view.svg() and "framed: the word that a row chose" in view.svg()


def test_a_map_in_a_terminal_shows_brackets_in_the_chosen_cells_or_says_it_beside_the_link():
    for options in ({"color_system": None}, {"force_terminal": True, "color_system": "truecolor"}):
        rows = re.sub(r"\x1b\[[\d;]*m", "", printed(alignment(), **options)).splitlines()
        assert [row.index("[]") for row in rows[-3:-1]] == [6, 8]
        assert "[]: the word that a row chose" in rows[-1]
    narrow = printed(alignment(), width=9, color_system=None)
    assert "die ← the chosen" in " ".join(narrow.split())


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_picture_has_a_frame_around_what_was_chosen(view):
    pytest.importorskip("matplotlib")
    color = tuple(int(LIGHT.text[place : place + 2], 16) for place in (1, 3, 5))

    def longest_line(image):
        """Pixels of the text's colour side by side: letters have none as long as a frame."""
        longest = 0
        for row in (image == color).all(-1):
            ends = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
            longest = max([longest, *(ends[1::2] - ends[::2])])
        return longest

    soft, hard = (longest_line(attention_image(view(chosen), dpi=200)) for chosen in (False, True))
    assert hard > 2 * soft


def test_the_frame_of_a_word_that_is_broken_over_lines_goes_on():
    pytest.importorskip("matplotlib")
    from keras_seq.viz.sheet import Sheet

    sheet = Sheet(width=100.0)
    sheet.pieces(
        [("a ", None), ("w" * 30, "#ff0000"), (" b", None), ("c", "#ff0000")], framed=[False, True, False]
    )
    assert sheet.frames == [box[:4] for box in sheet.boxes[:-1]] and len(sheet.frames) > 1
