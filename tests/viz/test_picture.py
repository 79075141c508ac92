import subprocess
import sys
import warnings

import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.viz import TokenWeights, attention_image, figure
from keras_seq.viz.colors import LIGHT, STEPS, step
from keras_seq.viz.picture import png

TEXT = "superb quiet film"
SPANS = [(0, 6), (7, 12), (13, 17)]


def view(*weights, **rest):
    return TokenWeights(TEXT, SPANS, weights, **rest)


def rgb(color):
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def columns_of(image, color, rows):
    """The columns in which, within these rows, some pixel has exactly this color."""
    return np.flatnonzero((image[rows] == rgb(color)).all(-1).any(0))


# ------------------------------------------------------------------ without matplotlib


def test_without_matplotlib_a_picture_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        InputError, match=r"needs matplotlib, which is not installed\.\n.*pip install 'keras_seq\[plot\]'"
    ):
        figure(view(0.6, 0.3, 0.1))
    assert attention_image(view(0.6, 0.3, 0.1)) is None


def test_the_room_opens_without_heavy_libraries():
    code = (
        "import sys, io; from rich.console import Console; from keras_seq.viz import TokenWeights, page\n"
        "v = TokenWeights('a', [(0, 1)], [1.0]); page([v]); Console(file=io.StringIO()).print(v.terminal())\n"
        "print([name for name in ('tensorflow', 'keras', 'matplotlib', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --------------------------------------------------------------------- with matplotlib


@pytest.fixture(autouse=True)
def drawing(request):
    if "without" not in request.node.name:
        pytest.importorskip("matplotlib")


def test_each_word_lies_on_the_colour_of_its_weight():
    image = attention_image(view(0.6, 0.3, 0.1))
    assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[1:] == (750, 3)
    rows = slice(0, 55)  # the text's line; the scale below has all colours
    places = [columns_of(image, LIGHT.ramp(step(weight / 2 * 3) / STEPS), rows) for weight in (0.6, 0.3, 0.1)]
    assert all(len(columns) > 20 for columns in places)
    assert places[0].max() < places[1].min() and places[1].max() < places[2].min()


def test_other_weights_move_the_colours():
    first, second = attention_image(view(0.8, 0.1, 0.1)), attention_image(view(0.1, 0.1, 0.8))
    strong, rows = LIGHT.ramp(1), slice(0, 55)
    assert columns_of(first, strong, rows).max() < columns_of(second, strong, rows).min()


def test_a_word_without_weight_lies_on_paper():
    image = attention_image(view(0.0, 0.0, 1.0))
    first_word = image[15:55, 25:60].astype(int)
    colorful = first_word.max(-1) - first_word.min(-1) > 8  # text and paper are grey, the ramp is not
    assert not colorful.any() and first_word.min() < 80 and first_word.max() == 255


def test_the_png_is_a_picture_and_always_the_same():
    first = png(view(0.6, 0.3, 0.1, label="good", probabilities={"good": 0.9, "bad": 0.1}), title="A title")
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert first == png(
        view(0.6, 0.3, 0.1, label="good", probabilities={"good": 0.9, "bad": 0.1}), title="A title"
    )
    assert first != png(
        view(0.3, 0.6, 0.1, label="good", probabilities={"good": 0.9, "bad": 0.1}), title="A title"
    )


def test_settings_of_the_user_and_pyplot_are_left_alone():
    import matplotlib

    names = sorted(set(matplotlib.rcParams) - {"backend"})  # asking for the backend would choose one
    before = [matplotlib.rcParams[name] for name in names]
    plain = png(view(0.6, 0.3, 0.1))
    assert [matplotlib.rcParams[name] for name in names] == before
    with matplotlib.rc_context({"savefig.bbox": "tight", "text.usetex": True, "figure.facecolor": "red"}):
        assert png(view(0.6, 0.3, 0.1)) == plain


def test_no_line_is_wider_than_the_page_and_no_word_is_lost():
    from keras_seq.viz.sheet import Sheet

    text = (
        "It was a long, slow, windy day (and a short night)! " * 9
        + "x" * 300
        + " 这部电影的节奏有点慢，" * 9
        + "\n\nend"
    )
    sheet = Sheet(300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet.pieces([(text, None)])
    lines = ["".join(glyph.character for glyph in glyphs) for _, _, glyphs, _, _ in sheet.lines]
    for _, _, glyphs, size, _ in sheet.lines:
        assert sum(glyph.width for glyph in glyphs) * size <= sheet.inner + 1e-6
    drawn = text if not sheet.fonts.missing else "".join("□" if c in sheet.fonts.missing else c for c in text)
    assert "".join("".join(lines).split()) == "".join(drawn.split())
    assert lines[-2:] == ["", "end"], "an empty line stays an empty line"
    assert sum(line.count("windy") for line in lines) == 9, "a word that fits on a line is not broken"
    assert not any(line.startswith(("，", ",", ")", "!")) for line in lines)


def test_each_box_lies_under_the_characters_of_its_piece_and_each_piece_has_one():
    from keras_seq.viz.sheet import MARGIN, SIZE, Sheet

    sheet = Sheet(540)
    sheet.pieces(
        [("wide ", None), ("middle", "#aaaaaa"), ("next", "#aaaaaa"), (" .. ", None), ("i", "#bbbbbb")]
    )

    def width(text):  # the dull way: one character after the other
        return sum(sheet.fonts.choose(character)[1].width(character) for character in text) * SIZE

    expected = [
        (MARGIN + width("wide "), width("middle"), "#aaaaaa"),
        (MARGIN + width("wide middle"), width("next"), "#aaaaaa"),
        (MARGIN + width("wide middlenext .. "), width("i"), "#bbbbbb"),
    ]
    assert [color for *_, color in sheet.boxes] == [color for *_, color in expected]
    for (x, top, wide, tall, _), (left, length, _) in zip(sheet.boxes, expected, strict=True):
        assert (x, wide) == (pytest.approx(left), pytest.approx(length))
        baseline = sheet.lines[0][1]
        assert top < baseline - 0.75 * SIZE and baseline + 0.2 * SIZE < top + tall, "letters fit, up and down"


def test_a_dollar_is_no_formula():
    from keras_seq.viz.sheet import Sheet

    sheet = Sheet(300)
    sheet.paragraph(r"$\alpha$ 5$")
    assert "".join(glyph.character for glyph in sheet.lines[0][2]) == r"$\alpha$ 5$"
    assert png(TokenWeights(r"$\alpha$ \frac", [(0, 8)], [1.0])).startswith(b"\x89PNG")


def test_a_very_long_text_is_cut_and_the_picture_says_so():
    from keras_seq.viz.sheet import MAX_LINES, Sheet

    sheet = Sheet(540)
    sheet.pieces([("word " * 20_000, None)])
    assert len(sheet.lines) == MAX_LINES + 1
    last = "".join(glyph.character for glyph in sheet.lines[-1][2])
    assert last.startswith("… and about ") and last.endswith("characters more, which .html shows.")


def test_too_many_texts_for_one_picture_are_refused():
    many = [TokenWeights("line\n" * 140, [(0, 4)], [1.0])] * 40
    with pytest.raises(
        InputError, match=r"too many texts for one picture: it is full after \d+ of 40\.\nWrite \.html"
    ):
        png(many)


@pytest.mark.parametrize(
    "odd",
    [
        TokenWeights("", [], []),
        TokenWeights("a b", [(0, 1), (2, 3)]),
        TokenWeights("?", [(0, 1)], [0.0]),
        TokenWeights("a\n\n\tb\r\n", [(0, 1)], [1.0]),
        TokenWeights("\x1b[31m\x00 \ud800 <b> \u200b", [(0, 5)], [1.0]),
        TokenWeights(
            "x",
            [(0, 1)],
            [1.0],
            "l" * 300,
            {"l" * 300: 0.5, **{str(n): 0.02 for n in range(25)}},
            "c" * 300,
            "t",
        ),
        TokenWeights("   ", [], [], label="blank", true_label="blank", probabilities={"blank": 1.0}),
    ],
)
def test_odd_views_are_drawn(odd):
    assert png(odd).startswith(b"\x89PNG")


def test_chinese_is_drawn_or_the_missing_characters_are_said():
    chinese = TokenWeights("电影很好", [(n, n + 1) for n in range(4)], [0.1, 0.1, 0.2, 0.6])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image = attention_image(chinese)
    from keras_seq.viz.fonts import Fonts

    fonts = Fonts()
    drawn = [fonts.choose(character) for character in "电影很好"]
    if fonts.missing:
        assert len(caught) == 1 and "电 影 很 好" in str(caught[0].message)
        assert [character for character, _ in drawn] == ["□"] * 4
    else:
        assert not caught
        assert len({face.outline(character)[0].tobytes() for character, face in drawn}) == 4, (
            "four different glyphs"
        )
    assert len(columns_of(image, LIGHT.ramp(1), slice(0, 55))) > 5
