"""A tagged text shows its spans and nothing else, in a terminal, on a page, in a picture."""

import io
import re

import pytest
from rich.console import Console

from keras_seq.viz import TaggedText, page, write
from keras_seq.viz.colors import DARK, LIGHT, contrast, label_color

VIEW = TaggedText(
    "fly <to> Rome, then Oslo",
    [(9, 13, "to_place"), (20, 24, "via")],
    answer="book",
    offsets=[(0, 3), (9, 13)],
    weights=[0.25, 0.75],
)


def printed(view, **options):
    out = io.StringIO()
    Console(file=out, width=80, **options).print(view.terminal(dark=True))
    return out.getvalue()


def test_the_pieces_joined_are_the_text_and_labels_are_numbered_as_they_come():
    assert "".join(text for text, _ in VIEW.pieces()) == VIEW.text
    assert [label for _, label in VIEW.pieces() if label] == ["to_place", "via"]
    assert (VIEW.number("to_place"), VIEW.number("via")) == (0, 1)


def test_without_colours_spans_stand_in_brackets():
    told = printed(VIEW, no_color=True)
    assert "intent: book" in told and "[Rome] to_place, then [Oslo] via" in told
    assert "the intent looked at: Rome 75.0 %  fly 25.0 %" in told
    coloured = printed(VIEW, force_terminal=True, color_system="truecolor")
    assert "[Rome]" not in coloured and "Rome" in coloured


def test_the_page_escapes_the_text_and_names_each_label():
    html = page([VIEW])
    assert "<to>" not in html and "&lt;to&gt;" in html
    marks = re.findall(r'<mark class="span"[^>]*title="(\w+)">(\w+)<small> (\w+)</small>', html)
    assert marks == [("to_place", "Rome", "to_place"), ("via", "Oslo", "via")]
    assert "Where the intent looked" in html and "light-dark(" in html
    assert "looked" not in TaggedText("a b", [(0, 1, "x")]).html()


def test_an_empty_text_is_said():
    view = TaggedText("", [], weights=[])
    assert "(The text is empty.)" in view.html() and "(The text is empty.)" in printed(view)


def test_a_picture_is_written(tmp_path):
    assert VIEW.png(tmp_path / "one.png").stat().st_size > 1000
    assert write([VIEW, VIEW], tmp_path / "two.png").stat().st_size > 1000
    assert write(VIEW, tmp_path / "page.html").stat().st_size > 1000


def test_text_reads_on_every_label_colour():
    for number in range(60):
        assert contrast(label_color(number), LIGHT.text) >= 4.5
        assert contrast(label_color(number, dark=True), DARK.text) >= 4.5


@pytest.mark.parametrize("spans", [[(0, 3, "x"), (2, 4, "y")], [(3, 2, "x")], [(0, 9, "x")]])
def test_spans_that_cannot_be_are_refused(spans):
    with pytest.raises(ValueError, match="Spans lie in the text, in order and not overlapping"):
        TaggedText("fly to", spans)
