import pytest

from keras_seq.viz.colors import DARK, LIGHT, STEPS, contrast, step

LEVELS = [level / 500 for level in range(501)]
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def lightness(color: str) -> float:
    """CIE L*, the eye's lightness by another formula than the ramp's own."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@THEMES
def test_text_is_readable_on_every_intensity(theme):
    assert min(contrast(theme.text, theme.ramp(level)) for level in LEVELS) >= 4.5
    assert contrast(theme.muted, theme.ramp(0)) >= 4.5


@THEMES
def test_more_weight_is_always_further_from_the_paper_also_without_hue(theme):
    shades = [lightness(theme.ramp(number / STEPS)) for number in range(STEPS + 1)]
    steps = [after - before for before, after in zip(shades, shades[1:], strict=False)]
    assert all(change < 0 for change in steps) or all(change > 0 for change in steps)
    assert max(map(abs, steps)) < 2 * min(map(abs, steps))  # equal steps look about equal


@THEMES
def test_the_ramp_is_one_hue_and_stays_within_what_a_screen_can_show(theme):
    for level in LEVELS[50:]:
        red, green, blue = (int(theme.ramp(level)[i : i + 2], 16) for i in (1, 3, 5))
        assert red > green > blue
        assert blue > 0 and red < 255 or level < 0.5


def test_steps_are_the_nearest_and_keep_to_their_ends():
    assert [step(level) for level in (-1, 0, 0.024, 0.026, 0.5, 1, 7)] == [
        0,
        0,
        0,
        1,
        STEPS // 2,
        STEPS,
        STEPS,
    ]
    assert LIGHT.ramp(-1) == LIGHT.ramp(0) == "#ffffff"
    assert LIGHT.ramp(2) == LIGHT.ramp(1)
