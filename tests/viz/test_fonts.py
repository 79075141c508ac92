import shutil
import sys

import pytest

pytest.importorskip("matplotlib")

from matplotlib import font_manager  # noqa: E402

from keras_seq.viz import TokenWeights, attention_image, fonts  # noqa: E402
from keras_seq.viz.fonts import BOX, Face, Fonts  # noqa: E402


@pytest.fixture
def nothing_installed(monkeypatch):
    """A computer that has matplotlib's own fonts and no other."""
    monkeypatch.setattr(fonts, "PACKAGES", ())
    own = [entry for entry in font_manager.fontManager.ttflist if "mpl-data" in entry.fname]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])


def test_characters_that_no_font_has_are_boxes_and_said_once(nothing_installed):
    view = TokenWeights("电影, 电影 film", [(0, 2), (4, 6), (7, 11)], [0.6, 0.3, 0.1])
    with pytest.warns(UserWarning) as caught:
        attention_image(view)
    assert [str(warning.message) for warning in caught] == [
        "The picture shows □ where no installed font has the character: 电 影\n"
        "To see them, pip install zhplot (it carries an open Chinese and Japanese font), "
        "or write .html, where the browser has the fonts."
    ]


def test_missing_emoji_get_another_advice(nothing_installed):
    found = Fonts()
    assert found.choose("\U0001f9ff")[0] == BOX
    assert "Noto Emoji or Symbola" in found.warning()


def test_no_warning_where_nothing_is_missing(nothing_installed):
    found = Fonts()
    assert [found.choose(character)[0] for character in "Film é ß Ж α 5€"] == list("Film é ß Ж α 5€")
    assert found.warning() is None


def test_the_font_that_has_a_box_for_everything_is_never_asked(nothing_installed):
    everything = [entry.fname for entry in font_manager.fontManager.ttflist if "LastResort" in entry.fname]
    assert all(not Face(path).usable for path in everything)
    assert Fonts().choose("电")[0] == BOX


def test_a_font_package_is_found_without_running_it(nothing_installed, tmp_path, monkeypatch):
    package = tmp_path / "fontpackage"
    (package / "fonts").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('the code of a font package was run')")
    shutil.copy(font_manager.findfont("STIXGeneral"), package / "fonts" / "Some.ttf")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fonts, "PACKAGES", (("absent_package", "x.ttf"), ("fontpackage", "fonts/Some.ttf")))
    assert next(fonts._places()) == (str(package / "fonts" / "Some.ttf"), 0)
    assert "fontpackage" not in sys.modules


def test_a_font_installed_since_matplotlib_looked_is_found(nothing_installed, tmp_path, monkeypatch):
    new = tmp_path / "new.ttf"
    shutil.copy(font_manager.findfont("STIXGeneral"), new)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(tmp_path / "gone.ttf"), str(new)])
    assert (str(new), 0) in list(fonts._places())


def test_a_damaged_font_file_is_passed_over(nothing_installed, tmp_path, monkeypatch):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font at all")
    monkeypatch.setattr(fonts, "_places", lambda: iter([(str(broken), 0), (str(tmp_path / "absent.ttf"), 0)]))
    assert list(fonts._files()) == []


def test_invisible_characters_take_no_place():
    assert [Fonts().choose(character) for character in "\u200b\u200d\ufe0f\ufeff"] == [None] * 4


def test_widths_are_those_of_the_outlines():
    face = Face(font_manager.findfont("DejaVu Sans Mono"))
    assert face.width("i") == face.width("M") == pytest.approx(0.602, abs=0.001)
    vertices, codes = face.outline("M")
    assert len(vertices) == len(codes)
    assert 0 <= vertices[:, 0].min() < vertices[:, 0].max() <= 0.61
