import io
import re

import pytest
from rich.console import Console

from keras_seq.viz import TokenWeights
from keras_seq.viz.colors import DARK, LIGHT, STEPS, step

TEXT = "A superb, quiet film"
VIEW = TokenWeights(TEXT, [(0, 1), (2, 8), (8, 9), (10, 15), (16, 20)], [0.02, 0.6, 0.0, 0.3, 0.08], "good",
                    {"bad": 0.1, "good": 0.9}, "A caption", "bad")  # fmt: skip


def console(**settings):
    return Console(file=io.StringIO(), width=100, legacy_windows=False, _environ={}, **settings)


def shown(renderable, **settings):
    target = console(**settings)
    target.print(renderable)
    return target.file.getvalue()


def backgrounds(view, dark, characters):
    """The background under each character of the line that holds the text."""
    target = console(force_terminal=True, color_system="truecolor")
    found = []
    for line in target.render_lines(view.terminal(dark), pad=False):
        text = "".join(segment.text for segment in line)
        if text == characters:
            for segment in line:
                color = segment.style and segment.style.bgcolor
                found += [color.get_truecolor().hex if color else None] * len(segment.text)
    return found


@pytest.mark.parametrize("dark, theme", [(True, DARK), (False, LIGHT)])
def test_each_character_has_the_colour_of_its_token(dark, theme):
    expected = [None] * len(TEXT)
    for (start, end), weight in zip(VIEW.spans, VIEW.weights, strict=True):
        for place in range(start, end):
            shade = step(weight / 0.6)
            expected[place] = theme.ramp(shade / STEPS) if shade else None
    assert backgrounds(VIEW, dark, TEXT) == expected


def test_without_colours_brackets_and_a_list_tell_the_same():
    output = shown(VIEW.terminal())
    assert "\x1b" not in output
    assert "A [superb], [quiet] film" in output
    assert "most weight: superb 60.0 %  quiet 30.0 %  film 8.0 %  A 2.0 %  (even spread 20.0 %)" in output
    assert "good 90.0 %   bad 10.0 %   (true label: bad)" in output
    assert output.startswith("A caption\n")


def test_no_color_in_the_environment_is_obeyed():
    output = shown(VIEW.terminal(), force_terminal=True, color_system="truecolor", no_color=True)
    assert "[superb]" in output
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", output)


def test_sixteen_colours_still_tell_strong_from_weak():
    output = shown(VIEW.terminal(), force_terminal=True, color_system="standard")
    looks = dict(re.findall(r"\x1b\[([0-9;]+)m(superb|quiet|film)\x1b", output))
    looks = {word: codes for codes, word in looks.items()}
    assert set(looks) == {"superb", "quiet", "film"} and len(set(looks.values())) == 3


def test_even_weights_bracket_nothing():
    even = TokenWeights("a b c", [(0, 1), (2, 3), (4, 5)], [1 / 3] * 3)
    assert "a b c\n" in shown(even.terminal())


def test_a_text_never_commands_the_terminal():
    evil = "\x1b[2J\x1b]0;title\x07 \x9b31m [red]x[/red] \x00"
    view = TokenWeights(evil, [(0, 1), (1, 4)], [0.5, 0.5], evil, {evil: 1.0}, evil, evil + "!")
    plain = shown(view.terminal())
    assert not set("\x1b\x07\x9b\x00") & set(plain)
    assert "[red]x[/red]" in plain
    colored = shown(view.terminal(), force_terminal=True, color_system="truecolor")
    assert set(re.findall(r"\x1b(?!\[[0-9;]*m)", colored)) == set()


def test_chinese_gets_no_spaces():
    text = "这部电影非常精彩"
    view = TokenWeights(text, [(n, n + 1) for n in range(8)], [0.05] * 6 + [0.35] * 2)
    assert "这部电影非常[精][彩]" in shown(view.terminal())
    assert len(backgrounds(view, True, text)) == 8


def test_the_terminal_says_itself_whether_it_is_dark(monkeypatch):
    for setting, theme in (("0;15", LIGHT), ("15;0", DARK), ("15;default;0", DARK), ("", DARK)):
        monkeypatch.setenv("COLORFGBG", setting)
        assert VIEW.terminal().theme is theme
    assert VIEW.terminal(dark=False).theme is LIGHT


@pytest.mark.parametrize(
    "view, words",
    [
        (TokenWeights("a b", [(0, 1), (2, 3)]), "a b\n(This model gives no attention weights.)"),
        (TokenWeights("", [], []), "(The text is empty.)"),
        (TokenWeights("?", [(0, 1)], [0.0]), "?\n(Nothing in this text has weight.)"),
        (TokenWeights("?", [], label="x"), "x\n?"),
    ],
)
def test_what_is_not_there_is_said(view, words):
    assert words in shown(view.terminal())
