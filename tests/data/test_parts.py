"""Batches that several devices share."""

import numpy as np
import pytest

from keras_seq.data import Batches, Parts

tf = pytest.importorskip("tensorflow")

LISTS = [[number] * (1 + number % 5) for number in range(1, 24)]
TARGETS = np.arange(1, 24)


def rows(dataset, count):
    """Targets and weights of so many elements, and all ids."""
    taken = list(dataset.take(count))
    for ids, targets, _ in taken:
        np.testing.assert_array_equal(ids[:, 0], targets)
    return [(targets.numpy(), weights.numpy()) for _, targets, weights in taken]


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("number", [2, 3])
def test_the_parts_of_a_batch_are_equally_large_and_together_weigh_what_it_weighs(number, static):
    batches = Batches(
        LISTS, TARGETS, batch_size=4, shuffle=True, seed=2, boundaries=(2, 5), static_shapes=static
    )
    whole = [[part.numpy() for part in element[1:]] for element in batches.stream().take(batches.steps)]
    parts = rows(batches.stream(parts=Parts(number, 0, number)), number * batches.steps)
    for step, (targets, *weights) in enumerate(whole):
        of_step = parts[number * step : number * (step + 1)]
        assert len({len(each) for each, _ in of_step}) == 1
        found, counts = (np.concatenate(each) for each in zip(*of_step, strict=True))
        real = weights[0] if weights else np.ones(len(targets))
        # The mean over all rows of the parts is the mean over the rows of the batch.
        for number_of in np.unique(targets):
            expected = real[targets == number_of].sum() / len(targets)
            np.testing.assert_allclose(counts[found == number_of].sum() / len(found), expected, rtol=1e-6)


def test_each_device_reads_its_own_part_and_no_other():
    batches = Batches(LISTS, TARGETS, batch_size=4, shuffle=True)
    both = rows(batches.stream(parts=Parts(2, 0, 2)), 8)
    for index in range(2):
        own = rows(batches.stream(parts=Parts(2, index, 1)), 4)
        for (targets, weights), (same, same_weights) in zip(own, both[index::2], strict=True):
            np.testing.assert_array_equal(targets, same)
            np.testing.assert_array_equal(weights, same_weights)


def test_a_validation_counts_each_example_once():
    batches = Batches(LISTS, TARGETS, batch_size=4)
    found = rows(batches.dataset(Parts(3, 0, 3)), -1)
    assert len(found) == 3 * batches.steps
    targets, weights = (np.concatenate(each) for each in zip(*found, strict=True))
    assert sorted(targets[weights > 0]) == sorted(TARGETS) and set(weights) <= {0.0, 1.0}


def test_parts_without_targets_are_refused():
    with pytest.raises(ValueError, match="need targets"):
        Batches(LISTS).dataset(Parts(2, 0, 2))
