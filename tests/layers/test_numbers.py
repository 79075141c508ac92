"""Numbers that a layer cannot take are refused by name."""

import pytest

from keras_seq.layers.numbers import require_at_least, require_fraction
from tests.layers.letters import letter_of


def test_what_is_large_enough_passes():
    require_at_least(1, units=1, num_layers=2, widths=(1, 3), filters=range(25, 75, 25))
    require_at_least(0, penalty=0.0)
    require_at_least(1, units=None, none="the key's width")
    require_fraction(dropout=0.0, rate=0.99)


def test_the_first_that_is_too_small_is_named():
    letter = letter_of(require_at_least, 2, depth=2, num_classes=1, num_tags=0)
    assert letter == "num_classes must be at least 2. Received: num_classes=1"


@pytest.mark.parametrize("value", [0, -1, 0.5, None, (), (0, 2), [2, None], range(3)])
def test_too_small_alone_or_in_a_tuple_is_refused(value):
    assert letter_of(require_at_least, 1, size=value) == f"size must be at least 1. Received: size={value}"


def test_where_none_is_allowed_the_letter_says_what_it_stands_for():
    letter = letter_of(require_at_least, 1, units=0, none="the key's width")
    assert letter == "units must be at least 1, or None for the key's width. Received: units=0"


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, float("nan")])
def test_what_is_no_fraction_is_refused(value):
    letter = letter_of(require_fraction, dropout=0.5, rate=value)
    assert letter == f"rate is a fraction, at least 0 and below 1. Received: rate={value}"
