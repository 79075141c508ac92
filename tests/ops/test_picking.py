"""Picking from rows agrees with NumPy, ties and odd widths too."""

import numpy as np
import pytest
from keras import ops

from keras_seq.ops import picking
from keras_seq.ops.exporting import for_export

WIDTHS = (7, 64, 1000, 1024, 4001)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", (1, 6, 7))
@pytest.mark.parametrize("kind", ("all different", "many the same", "hardly any possible"))
def test_the_largest_are_those_that_a_sort_puts_first(width, count, kind, random):
    rows = random.permuted(np.tile(np.arange(width, dtype="float32"), (5, 1)), axis=1)
    if kind == "many the same":
        rows = rows // 50
    elif kind == "hardly any possible":
        rows = np.where(rows < 2, rows, -np.inf)
    expected = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    numbers, places = picking.largest(rows.astype("float32"), count)
    np.testing.assert_array_equal(numbers, np.take_along_axis(rows, expected, axis=1))
    np.testing.assert_array_equal(places, expected)
    with for_export():
        np.testing.assert_array_equal(picking.largest(rows.astype("float32"), count)[1], expected)


def test_long_rows_are_searched_in_blocks_and_short_ones_are_not(monkeypatch):
    sizes = []
    top_k = ops.top_k
    monkeypatch.setattr(picking.ops, "top_k", lambda x, k: sizes.append(x.shape[-1]) or top_k(x, k))
    picking.largest(np.zeros((2, 4001), "float32"), 6)
    picking.largest(np.zeros((2, 1000), "float32"), 6)
    assert sizes == [63, 6 * 64, 1000]


def test_what_is_picked_stands_at_the_places(random):
    rows, places = random.integers(0, 99, (3, 7)), random.integers(0, 7, (3, 4))
    found = picking.pick(rows.astype("int32"), places.astype("int32"))
    np.testing.assert_array_equal(found, np.take_along_axis(rows, places, axis=1))
    deep = random.normal(size=(3, 7, 2))
    np.testing.assert_array_equal(
        picking.pick(deep, places.astype("int32")), np.take_along_axis(deep, places[:, :, None], axis=1)
    )
