import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.data import in_input_order, length_sorted_batches, pad

LISTS = st.lists(st.lists(st.integers(1, 99), max_size=9), max_size=20)


@given(LISTS, st.none() | st.integers(1, 12))
def test_padding_is_zeros_on_the_right_and_cuts_at_the_end(lists, width):
    padded = pad(lists, width)
    assert padded.dtype == np.int32
    assert padded.shape == (len(lists), width or max([1, *map(len, lists)]))
    for row, ids in zip(padded.tolist(), lists, strict=True):
        kept = ids[: padded.shape[1]]
        assert row == kept + [0] * (padded.shape[1] - len(kept))


@given(LISTS, st.integers(1, 5), st.none() | st.integers(1, 30))
def test_sorted_batches_hold_every_list_once_within_the_limits(lists, batch_size, maximum_tokens):
    batches = list(length_sorted_batches(lists, batch_size, maximum_tokens))
    assert sorted(i for indices, _ in batches for i in indices) == list(range(len(lists)))
    widths = [ids.shape[1] for _, ids in batches]
    assert widths == sorted(widths, reverse=True)
    for indices, ids in batches:
        assert 1 <= len(indices) == len(ids) <= batch_size
        assert maximum_tokens is None or ids.size <= maximum_tokens or len(ids) == 1
        np.testing.assert_array_equal(ids, pad([lists[i] for i in indices]))


@given(LISTS)
def test_answers_come_back_in_the_order_of_the_input(lists):
    sums = in_input_order((i, ids.sum(axis=1)) for i, ids in length_sorted_batches(lists, batch_size=3))
    assert sums == [sum(ids) for ids in lists]


def test_a_batch_with_an_answer_too_few_is_noticed():
    with pytest.raises(ValueError, match="zip"):
        in_input_order([([0, 1], ["a"])])


def test_rows_of_ids_are_padded_with_rows_of_zeros():
    assert pad([np.array([[5, 6], [7, 8]]), np.zeros((0, 2), int)]).tolist() == [
        [[5, 6], [7, 8]],
        [[0, 0]] * 2,
    ]
