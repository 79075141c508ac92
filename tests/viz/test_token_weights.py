import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.viz import TokenWeights
from keras_seq.viz.characters import language, printable
from keras_seq.viz.token_weights import percent


@st.composite
def views(draw):
    text = draw(st.text(st.characters(exclude_categories=()), max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), unique=True, max_size=12)))
    spans = [pair for pair in zip(cuts, cuts[1:], strict=False) if draw(st.booleans())]
    weights = [draw(st.floats(0, 1)) for _ in spans]
    return TokenWeights(text, spans, weights)


@given(views())
def test_pieces_are_the_text_again_and_carry_the_weights_of_their_characters(view):
    pieces = view.pieces()
    assert "".join(piece.text for piece in pieces) == view.text
    # the dull way: a weight for each character
    expected = [None] * len(view.text)
    for (start, end), weight in zip(view.spans, view.weights, strict=True):
        for place in range(start, end):
            expected[place] = weight
    assert [piece.weight for piece in pieces for _ in piece.text] == expected


@given(views())
def test_levels_are_in_proportion_to_weights_and_never_above_full(view):
    for piece in view.pieces():
        if piece.weight is None:
            assert piece.level == 0
        else:
            assert 0 <= piece.level <= 1
            assert piece.level == pytest.approx(piece.weight / view.full, abs=1e-12)


def test_the_greatest_weight_has_the_full_colour():
    view = TokenWeights("a b c d", [(0, 1), (2, 3), (4, 5), (6, 7)], [0.7, 0.1, 0.1, 0.1])
    assert view.full == view.greatest == 0.7
    assert view.even == 0.25
    assert "greatest" not in view.scale_note()


def test_even_weights_show_at_half_intensity_and_the_scale_says_so():
    view = TokenWeights("a b c d", [(0, 1), (2, 3), (4, 5), (6, 7)], [0.25] * 4)
    assert [piece.level for piece in view.pieces() if piece.weight] == [0.5] * 4
    assert view.scale_note() == "greatest 25.0 %, even spread: 25.0 % each"


def test_a_weight_of_one_is_full_whatever_the_number_of_tokens():
    assert TokenWeights("a", [(0, 1)], [1.0]).pieces()[0].level == 1
    assert [p.level for p in TokenWeights("ab", [(0, 1), (1, 2)], [0.0, 1.0]).pieces()] == [0, 1]


def test_tokens_of_one_same_span_are_one_with_their_weights_summed():
    view = TokenWeights("a😀", [(0, 1), (1, 2), (1, 2), (1, 2)], [0.4, 0.1, 0.2, 0.3])
    assert [(piece.text, piece.weight) for piece in view.pieces()] == [("a", 0.4), ("😀", pytest.approx(0.6))]
    assert view.even == 0.5


def test_a_token_of_no_characters_is_not_seen():
    view = TokenWeights("ab", [(0, 0), (0, 2)], [0.4, 0.6])
    assert [piece.text for piece in view.pieces()] == ["ab"]
    assert view.top() == [("ab", 0.6)]


def test_top_words_are_sorted_and_equal_ones_stay_in_reading_order():
    view = TokenWeights("a b c d", [(0, 1), (2, 3), (4, 5), (6, 7)], [0.2, 0.4, 0.4, 0.0])
    assert view.top() == [("b", 0.4), ("c", 0.4), ("a", 0.2)]
    assert view.top(1) == [("b", 0.4)]


def test_without_weights_nothing_is_coloured():
    view = TokenWeights("a b", [(0, 1), (2, 3)])
    assert [(piece.text, piece.weight) for piece in view.pieces()] == [("a b", None)]
    assert view.top() == [] and view.greatest == 0 and view.even == 0


def test_an_empty_text_is_a_view():
    assert TokenWeights("", [], []).pieces() == []


def test_arrays_are_welcome():
    view = TokenWeights(
        "ab", np.array([[0, 1], [1, 2]]), np.array([0.5, 0.5], "float32"), probabilities={"x": np.float32(1)}
    )
    assert view == TokenWeights("ab", [(0, 1), (1, 2)], [0.5, 0.5], probabilities={"x": 1.0})


def test_tokens_alone_are_joined():
    view = TokenWeights.from_tokens(["电", "影"], [0.2, 0.8], separator="", label="好")
    assert (view.text, view.spans, view.label) == ("电影", ((0, 1), (1, 2)), "好")
    assert TokenWeights.from_tokens([], []).text == ""


@pytest.mark.parametrize(
    "spans, message",
    [
        ([(0, 4)], r"0 <= start <= end <= 3\.\nReceived: spans\[0\]=\(0, 4\)"),
        ([(2, 1)], r"Received: spans\[0\]=\(2, 1\)"),
        ([(-1, 1)], r"Received: spans\[0\]=\(-1, 1\)"),
        ([(0, 2), (1, 3)], r"not overlap .*\nReceived: spans\[0\]=\(0, 2\), spans\[1\]=\(1, 3\)"),
        ([(1, 2), (0, 1)], r"reading order"),
    ],
)
def test_spans_that_do_not_fit_the_text_are_refused(spans, message):
    with pytest.raises(ValueError, match=message):
        TokenWeights("abc", spans)


@pytest.mark.parametrize(
    "weights, message",
    [
        ([0.5], r"one weight; cut the padding off first\.\nReceived: 2 spans and 1 weights"),
        ([0.5, -0.1], r"0 or more\.\nReceived: weights\[1\]=-0\.1"),
        ([float("nan"), 0.5], r"Received: weights\[0\]=nan"),
    ],
)
def test_weights_that_are_no_fractions_of_the_tokens_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        TokenWeights("abc", [(0, 1), (1, 2)], weights)


def test_percentages_never_round_to_none_or_to_all():
    for number in range(1, 100_000):
        text = percent(number / 100_000)
        assert text not in ("0 %", "100 %", "0.00 %", "0.0 %", "100.0 %", "1.00 %")
    assert (percent(0), percent(1)) == ("0 %", "100 %")


def test_unfit_characters_are_replaced_one_by_one_and_others_kept():
    assert printable("a\x1b\x00\x9b\ud800\u202eb\tc\nd") == "a\ufffd\ufffd\ufffd\ufffd\ufffdb\tc\nd"
    assert printable("x\r\ny\rz") == "x\ny\nz"
    assert printable("这是电影。👩\u200d👧 שלום é") == "这是电影。👩\u200d👧 שלום é"


def test_the_language_is_known_by_its_script():
    assert [language(text) for text in ("film", "电影", "映画のこと", "영화 映", "")] == [
        "",
        "zh",
        "ja",
        "ko",
        "",
    ]
