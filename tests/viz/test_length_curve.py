import sys
import warnings

import pytest

from keras_seq.errors import InputError
from keras_seq.viz import draw_length_curve
from keras_seq.viz.curves import panels_figure
from keras_seq.viz.length_curve import _panel

ROWS = [{"shortest": 1, "longest": 5, "bleu": 40.0}, {"shortest": 6, "longest": 10, "bleu": 30.0}]
WORSE = [{"shortest": 1, "longest": 5, "bleu": 38.0}, {"shortest": 8, "longest": 8, "bleu": 10.0}]


def test_a_line_for_each_system_over_the_middles_of_its_buckets():
    pytest.importorskip("matplotlib")
    (axes,) = panels_figure([_panel({"with attention": ROWS, "without": WORSE})], "BLEU by length").axes
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    assert drawn == {"with attention": ([3, 8], [40, 30]), "without": ([3, 8], [38, 10])}
    assert axes.get_ylim()[0] == 0 and axes.get_title() == "BLEU by length"
    assert len({line.get_marker() for line in axes.lines}) == 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["with attention", "without"]


def test_it_is_written_and_a_dollar_is_a_dollar(tmp_path):
    pytest.importorskip("matplotlib")
    path = draw_length_curve({r"$\frac{$": ROWS}, tmp_path / "a.png", "100 $")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_chinese_names_are_drawn_where_a_font_has_them(tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("zhplot")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of missing glyphs
        draw_length_curve({"注意力": ROWS}, tmp_path / "a.png", "句长")


@pytest.mark.parametrize("systems", [{}, {"a": ROWS, "b": []}])
def test_a_system_without_rows_is_refused(systems, tmp_path):
    with pytest.raises(ValueError, match="needs rows for each system"):
        draw_length_curve(systems, tmp_path / "a.png")


def test_what_cannot_be_written_is_said(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"must end in \.png"):
        draw_length_curve({"a": ROWS}, tmp_path / "a.svg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"pip install 'keras_seq\[plot\]'\.$"):
        draw_length_curve({"a": ROWS}, tmp_path / "a.png")
