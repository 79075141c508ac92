import pytest

from keras_seq.viz import draw_faithfulness
from keras_seq.viz.curves import panels_figure
from keras_seq.viz.faithfulness_curves import _panels

NAMES = ("share", "accuracy_kept", "accuracy_removed", "comprehensiveness", "sufficiency")


def row(*attention):
    scores = dict(zip(NAMES, attention, strict=True))
    return {"amount": 1, "attention": scores, "random": {name: value / 2 for name, value in scores.items()}}


SOFT = [row(0.5, 0.9, 0.3, 0.6, 0.1), row(0.05, 0.7, 0.8, 0.2, 0.3)]
HARD = [row(0.004, 0.8, 0.5, 0.4, 0.0)]


def test_a_panel_for_each_measure_and_random_words_dashed_in_the_same_colour():
    pytest.importorskip("matplotlib")
    figure = panels_figure(_panels({"soft $": SOFT, "hard": HARD}), "Faithfulness")
    assert len(figure.axes) == 4 and figure.get_suptitle() == "Faithfulness"
    for axes, place in zip(figure.axes, range(1, 5), strict=True):
        drawn = {line.get_label(): line for line in axes.lines}
        assert list(drawn) == ["soft $", "soft $, random words", "hard", "hard, random words"]
        points = list(zip(*drawn["soft $"].get_data(), strict=True))
        by_share = sorted(SOFT, key=lambda each: each["attention"]["share"])
        assert points == [(each["attention"]["share"], each["attention"][NAMES[place]]) for each in by_share]
        assert drawn["hard, random words"].get_ydata()[0] == HARD[0]["random"][NAMES[place]]
        looks = [(line.get_color(), line.get_linestyle()) for line in axes.lines]
        assert looks == [("C0", "-"), ("C0", "--"), ("C1", "-"), ("C1", "--")]
        left, right = axes.get_xlim()
        assert axes.get_xscale() == "log" and left < 0.002 and right > 0.5
        assert "5 %" in [text.get_text() for text in axes.get_xticklabels()]


def test_it_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    path = draw_faithfulness({"soft": SOFT, "hard": HARD}, tmp_path / "a.png", "100 $")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("systems", [{}, {"a": SOFT, "b": []}])
def test_a_system_without_rows_is_refused(systems, tmp_path):
    with pytest.raises(ValueError, match="needs rows for each system"):
        draw_faithfulness(systems, tmp_path / "a.png")
