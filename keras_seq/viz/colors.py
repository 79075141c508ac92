"""One hue from paper to strong, its lightness falling in a straight line: weights become colours here.

The ramps are straight lines in OKLCH, a colour space whose lightness follows the eye: equal steps of
weight look like equal steps of colour, also to an eye that tells no hues apart. Each ramp ends where its
text colour would begin to lose contrast, so the text never changes colour on the way (WCAG 2: at least
4.5 : 1 on every step; a test computes it).

Reference: B. Ottosson, "A perceptual color space for image processing" (2020), https://bottosson.github.io/posts/oklab/
"""

import math
from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "STEPS", "Theme", "contrast", "label_color", "step"]

STEPS = 20  # steps of colour above none: 5 % of the full colour each, about what an eye tells apart


@dataclass(frozen=True)
class Theme:
    """Colours of one mode; the ramp's ends, `paper` and `strong`, are (lightness, chroma, hue in degrees)."""

    paper: tuple[float, float, float]
    strong: tuple[float, float, float]
    text: str
    muted: str
    line: str

    def ramp(self, level: float) -> str:
        """The background "#rrggbb" of a level from 0 (paper) to 1 (strong)."""
        level = min(max(level, 0.0), 1.0)
        lightness, chroma, hue = (a + (b - a) * level for a, b in zip(self.paper, self.strong, strict=True))
        return _hex(lightness, chroma, hue)


LIGHT = Theme(paper=(1.0, 0.0, 60), strong=(0.75, 0.16, 60), text="#1d1d1f", muted="#5c5f66", line="#d9dade")
DARK = Theme(
    paper=(0.205, 0.0, 60), strong=(0.53, 0.117, 60), text="#f0f0f0", muted="#a9adb5", line="#3d4046"
)


def step(level: float) -> int:
    """The nearest of the steps 0 … STEPS for a level from 0 to 1."""
    return math.floor(min(max(level, 0.0), 1.0) * STEPS + 0.5)


def label_color(number: int, dark: bool = False) -> str:
    """The background "#rrggbb" of a label: hues far apart for neighbours, a lightness that text reads on.

    Args:
        number: of the label, from 0.
        dark: for the dark mode.
    """
    hue = (30 + 137.508 * number) % 360  # the golden angle
    return _hex(0.36, 0.06, hue) if dark else _hex(0.89, 0.07, hue)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours "#rrggbb": from 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(lightness: float, chroma: float, hue: float) -> str:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    encoded = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
    return "#" + "".join(f"{round(255 * min(max(c, 0.0), 1.0)):02x}" for c in encoded)
