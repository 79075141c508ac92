"""An alignment shows every weight where it belongs: in a terminal, on a page, in a picture."""

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console

from keras_seq.errors import InputError
from keras_seq.viz import Alignment, attention_image, figure, page, write
from keras_seq.viz.alignment_terminal import MOST
from keras_seq.viz.colors import DARK, LIGHT, STEPS, step

SVG = "{http://www.w3.org/2000/svg}"
WEIGHTS = [[0.9, 0.1, 0.0], [0.0, 0.0, 1.0]]
VIEW = Alignment(["▁the", "▁<cat>", "."], ["猫", "。"], WEIGHTS, "The <cat>.", "猫。", reference="那只猫。")


def longer(size, name="word"):
    words = [f"▁{name}{number}" for number in range(size)]
    return Alignment(words, words, np.eye(size, dtype="float32"), "Words.", "Wörter.")


def printed(view, width=60, **options):
    out = io.StringIO()
    options = {"legacy_windows": False, "_environ": {}, **options}
    Console(file=out, width=width, **options).print(view.terminal(dark=True))
    return out.getvalue().splitlines()


def test_tokens_are_shown_without_the_sign_of_a_space():
    assert list(VIEW.map.keys) == ["the", "<cat>", "."]
    assert [link.source for link in Alignment(["a", "▁"], ["b"], [[0.2, 0.8]], "a ", "b").links()] == ["▁"]


def test_links_go_to_the_token_of_most_weight():
    assert VIEW.links() == [("猫", "the", 0.9), ("。", ".", 1.0)]
    view = Alignment(["a", "b"], ["x", "y"], [[0.5, 0.5], [0, 0]], "a b", "x y")
    assert view.links() == [("x", "a", 0.5), ("y", None, 0.0)]


# ---------------------------------------------------------------------------- terminal


def test_without_colours_the_map_is_drawn_in_shades():
    lines = printed(VIEW, color_system=None)
    assert lines[:3] == ["Source: The <cat>.", "Translation: 猫。", "Reference: 那只猫。"]
    assert [line.rstrip() for line in lines[3:]] == [
        "     <",
        "     c",
        "   t a",
        "   h t",
        "   e > .",
        "猫 ██",
        "。     ██",
        "   full colour: 100 %",
    ]


@pytest.mark.parametrize("dark, theme", [(True, DARK), (False, LIGHT)])
def test_with_colours_each_cell_has_that_of_its_weight(dark, theme):
    target = Console(file=io.StringIO(), width=60, force_terminal=True, color_system="truecolor", _environ={})
    cells = []
    for line in target.render_lines(VIEW.terminal(dark), pad=False):
        backgrounds = [segment.style and segment.style.bgcolor for segment in line]
        found = [color.get_truecolor().hex for color in backgrounds if color]
        if found:
            cells.append(found)
    assert cells == [[theme.ramp(step(weight) / STEPS) for weight in row if step(weight)] for row in WEIGHTS]


def test_words_stand_over_their_columns_in_wide_characters_too():
    view = Alignment(["我们", "e\u0301a", "👩\u200d💻"], ["x"], [[0.2, 0.3, 0.5]], "…", "x")
    lines = printed(view, color_system=None)
    assert lines[2] == "  我e\u0301" and lines[3].startswith("  们a 👩")


def test_a_long_sentence_falls_back_to_the_strongest_links():
    wide = printed(longer(20), color_system=None)
    assert any("██" in line for line in wide) and not any("←" in line for line in wide)
    lines = printed(longer(40), color_system=None)
    assert lines[2:4] == [" word0 ← word0 100 %", " word1 ← word1 100 %"]
    assert len(lines) == 2 + 40


def test_where_output_is_ascii_links_stand_for_shades():
    class Ascii(io.StringIO):
        encoding = "ascii"

    out = Ascii()
    Console(file=out, width=60, color_system=None, legacy_windows=False, _environ={}).print(VIEW.terminal())
    assert "猫 ← the 90.0 %" in out.getvalue()


def test_a_word_of_any_length_is_cut_off():
    lines = printed(Alignment(["w" * 500], ["v" * 500], [[1.0]], "w", "v"), color_system=None)
    assert len(lines) == 2 + MOST + 2 and lines[2 + MOST].startswith("v" * (MOST - 1) + "… ██")


# -------------------------------------------------------------------------------- page


def test_the_page_shows_texts_and_map_and_obeys_neither():
    html = page(VIEW)
    assert "<cat>" not in html and html.count("&lt;cat&gt;") >= 2
    for text in ("The &lt;cat&gt;.", "猫。", "那只猫。"):
        assert f">{text}</p>" in html
    (svg,) = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    told = [title.text for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert told[0] == "猫 → the: 90.0 %" and len(told) == 6
    assert '<div class="map" tabindex="0"' in html and "overflow-x: auto" in html


def test_the_style_of_a_map_is_for_the_map_alone():
    """In a page a style sheet inside an SVG is for all of the page."""
    (style,) = ElementTree.fromstring(VIEW.map.svg()).iter(f"{SVG}style")
    rules = re.sub(r"@media[^{]*\{", "", style.text)
    selectors = re.findall(r"([^{}]+)\{", rules)
    assert len(selectors) > 2 * STEPS
    assert all(selector.startswith(".weight-map ") for selector in selectors)


def test_chinese_stands_upright_above_its_column_and_other_words_are_turned():
    view = Alignment(["我们", "IMAX版", "cat"], ["x"], [[0.2, 0.3, 0.5]], "…", "x")
    texts = list(ElementTree.fromstring(view.map.svg()).iter(f"{SVG}text"))
    turned = [text.text for text in texts if "rotate" in text.get("transform", "")]
    assert turned == ["IMAX版", "cat"]
    above = [text for text in texts if text.get("text-anchor") == "middle"]
    assert [text.text for text in above] == ["我", "们"]
    assert above[0].get("x") == above[1].get("x") and float(above[0].get("y")) < float(above[1].get("y"))


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (Alignment(["a"], ["b"], None, "a", "b"), "This model gives no attention weights."),
        (Alignment(["a"], [], [], "a", ""), "There is nothing to align."),
        (Alignment([], [], [], "", ""), "(empty)"),
    ],
)
def test_what_cannot_be_drawn_is_said_everywhere(view, said, tmp_path):
    pytest.importorskip("matplotlib")
    assert said in view.html() and any(said in line for line in printed(view))
    assert view.links() == [] and view.png(tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize("weights", [[[1.0, 0.0]], [[1.0], [1.0]], [[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match=r"Weights (have a row for each query|are finite)"):
        Alignment(["a", "b", "c"], ["x", "y"], weights, "a b c", "x y")


# ----------------------------------------------------------------------------- picture


@pytest.fixture
def drawing():
    pytest.importorskip("matplotlib")


def _of_color(image, color):
    """Where pixels have exactly this colour: rows and columns."""
    rgb = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
    return np.nonzero((image == rgb).all(-1))


def test_each_cell_of_the_picture_has_the_colour_of_its_weight(drawing):
    english = Alignment(["the", "cat", "."], ["die", "."], WEIGHTS, "The.", "Die.")
    image = attention_image(english)
    assert image.shape[1:] == (750, 3)
    first = _of_color(image, LIGHT.ramp(step(0.9) / STEPS))
    last = _of_color(image, LIGHT.ramp(1))
    assert len(first[0]) == pytest.approx(len(last[0]), rel=0.2) and len(first[0]) > 300
    assert first[0].max() < last[0].min() and first[1].max() < last[1].min()
    faint = _of_color(image, LIGHT.ramp(step(0.1) / STEPS))
    assert first[1].max() < np.median(faint[1]) < last[1].min()


def test_a_picture_grows_with_the_sentence_until_it_is_too_wide(drawing, tmp_path):
    widths = [attention_image(longer(size), dpi=50).shape[1] for size in (5, 60)]
    assert widths[0] == 375 and widths[1] > 60 * 11
    with pytest.raises(InputError, match=r"too wide for one picture\.\nWrite \.html"):
        figure(longer(60), dpi=10_000)


def test_words_of_the_picture_are_turned_or_stacked(drawing, monkeypatch):
    from keras_seq.viz.sheet import Sheet

    lines = {}

    def keep(sheet, dpi):
        for kind in ("lines", "turned"):
            lines[kind] = [
                "".join(one.character for one in glyphs) for *_, glyphs, _, _ in getattr(sheet, kind)
            ]

    monkeypatch.setattr(Sheet, "figure", keep)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no font has Chinese, it is said; the words stand all the same
        figure(Alignment(["cat", "αβ"], ["die", "Katze"], [[1, 0], [0, 1]], "The cat.", "die Katze"))
    assert lines["turned"] == ["cat", "αβ"] and {"die", "Katze", "The cat."} <= set(lines["lines"])


def test_views_of_all_kinds_share_a_page_and_a_picture(drawing, tmp_path):
    from keras_seq.viz import TaggedText, TokenWeights

    english = longer(4)
    views = [english, TaggedText("a b", [(0, 1, "x")]), TokenWeights("a", [(0, 1)], [1.0])]
    assert write(views, tmp_path / "a.html").read_text("utf-8").count("<article>") == 3
    assert write(views, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert english._repr_html_() == english.html()
