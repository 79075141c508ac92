"""Foldings by NumPy loops: who meets whom, and that everybody comes back to where they stood."""

import numpy as np
import pytest
from keras import ops

from keras_seq.ops import windows

tf = pytest.importorskip("tensorflow")

LENGTHS = [(7, 7), (11, 5), (3, 13), (1, 4), (9, 1)]
BANDS = [(0, 0), (2, 1), (0, 3), (3, 0), (1, 20), (30, 2)]


def meetings(folding, query_length, key_length, query_mask, key_mask, batch=2):
    """Which (b, t, s) meet in the folding, each counted: numbers stand for who is who."""
    query_names = ops.convert_to_tensor(np.arange(batch * query_length).reshape(batch, query_length, 1))
    key_names = ops.convert_to_tensor(np.arange(batch * key_length).reshape(batch, key_length, 1))
    queries = ops.convert_to_numpy(folding.queries(query_names))[..., 0]
    keys = ops.convert_to_numpy(folding.keys(key_names))[..., 0]
    keep = ops.convert_to_numpy(folding.keep(query_mask, key_mask))
    assert keep.shape == (*queries.shape, keys.shape[1])
    met = np.zeros((batch, query_length, key_length), "int")
    for row, t, s in np.argwhere(keep):
        b, t = divmod(queries[row, t], query_length)
        other, s = divmod(keys[row, s], key_length)
        assert other == b, "no two sequences meet"
        met[b, t, s] += 1
    unfolded = ops.convert_to_numpy(folding.unfold(folding.queries(query_names)))
    np.testing.assert_array_equal(unfolded, query_names)
    return met


def masks(random, query_length, key_length):
    return random.random((2, query_length)) < 0.7, random.random((2, key_length)) < 0.7


@pytest.mark.parametrize("chunk", [1, 3, 32])
@pytest.mark.parametrize("before, after", BANDS)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_in_bands_exactly_those_meet_that_stand_near(random, monkeypatch, lengths, before, after, chunk):
    monkeypatch.setattr(windows, "_CHUNK", chunk)
    query_mask, key_mask = masks(random, *lengths)
    expected = np.zeros((2, *lengths), "int")
    for b, t, s in np.ndindex(*expected.shape):
        near = t - before <= s <= t + after
        expected[b, t, s] = near and query_mask[b, t] and key_mask[b, s]
    found = meetings(windows.Bands(*lengths, before, after), *lengths, query_mask, key_mask)
    np.testing.assert_array_equal(found, expected)
    of_tensors = windows.Bands(*(ops.convert_to_tensor(length) for length in lengths), before, after)
    np.testing.assert_array_equal(meetings(of_tensors, *lengths, query_mask, key_mask), expected)


@pytest.mark.parametrize("window", [1, 2, 9])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_in_surroundings_exactly_those_meet_that_stand_near_the_position(random, lengths, window):
    query_mask, key_mask = masks(random, *lengths)
    positions = random.uniform(-1.0, lengths[1] + 1.0, (2, lengths[0])).astype("float32")
    positions[0] = np.round(positions[0])  # whole numbers, whose window has both its ends
    expected = np.zeros((2, *lengths), "int")
    for b, t, s in np.ndindex(*expected.shape):
        near = abs(s - positions[b, t]) <= window
        expected[b, t, s] = near and query_mask[b, t] and key_mask[b, s]
    folding = windows.Surroundings(ops.convert_to_tensor(positions), lengths[1], window)
    np.testing.assert_array_equal(meetings(folding, *lengths, query_mask, key_mask), expected)


def test_a_folding_is_linear_in_length():
    for length in (100, 1000):
        bands = windows.Bands(length, length, 10, 5)
        assert bands.count * bands.width * (10 + bands.width + 5) <= (length + 32) * (10 + 32 + 5)
        assert not bands.is_known_to_be_no_smaller()
    assert windows.Bands(20, 30, 10, 5).is_known_to_be_no_smaller()


def test_foldings_of_unknown_lengths_run_in_graphs_and_under_xla(random):
    sequence = random.normal(size=(2, 71, 3)).astype("float32")

    def there_and_back(sequence):
        length = ops.shape(sequence)[1]
        bands = windows.Bands(length, length, 4, 2)
        near = windows.Surroundings(sequence[..., 0] * 30.0, length, 4)
        mask = sequence[..., 1] > 0
        sums = []
        for folding in (bands, near):
            keep = ops.cast(folding.keep(mask, mask), "float32")
            sums.append(folding.unfold(ops.matmul(keep, folding.keys(sequence))))
        return ops.concatenate(sums, axis=-1)

    expected = there_and_back(ops.convert_to_tensor(sequence))
    signature = [tf.TensorSpec((None, None, 3))]
    for jit_compile in (False, True):
        found = tf.function(there_and_back, signature, jit_compile=jit_compile)(sequence)
        np.testing.assert_allclose(found, expected, atol=1e-5)
