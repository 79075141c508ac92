import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.data import Batches, length_boundaries, narrow_boundaries, pad

tf = pytest.importorskip("tensorflow")


def texts(count=101, longest=70, seed=0):
    """Lists of ids of many lengths; the first id (from 1 on) says which list it is, and targets repeat it."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, longest + 1, count)
    lists = [[i + 1, *random.integers(1, 9, n - 1).tolist()] for i, n in enumerate(lengths)]
    return lists, np.arange(1, count + 1)


def elements(dataset, count=None):
    return [tuple(part.numpy() for part in element) for element in itertools.islice(iter(dataset), count)]


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


@given(st.integers(1, 3000), st.integers(1, 64), st.floats(1.05, 3), st.sampled_from([1, 8]))
def test_boundaries_rise_to_the_longest_by_the_growth_at_least(longest, first, growth, multiple):
    widths = length_boundaries(longest, first, growth, multiple)
    assert widths[-1] == longest
    assert widths[0] == min(first, longest)
    for narrow, wide in zip(widths, widths[1:-1], strict=False):
        assert wide >= narrow * growth - 1e-6 and wide % multiple == 0


@pytest.mark.parametrize("longest", [1, 4, 5, 30, 256])
def test_narrow_boundaries_are_a_tenth_or_one_token_apart(longest):
    widths = narrow_boundaries(longest)
    assert widths[-1] == longest
    assert all(before < after <= 1.1 * before + 1.01 for before, after in itertools.pairwise(widths))


def test_narrow_buckets_pad_less():
    rng = np.random.default_rng(0)
    lists = [[1] * length for length in rng.integers(5, 25, size=600)]
    batches = Batches(lists, batch_size=16, boundaries=narrow_boundaries)
    padded = sum(element.shape[0] * element.shape[1] for element in batches.dataset())
    assert sum(map(len, lists)) > 0.97 * padded
    wide = Batches(lists, batch_size=16)
    assert sum(map(len, lists)) < 0.85 * sum(ids.shape[0] * ids.shape[1] for ids in wide.dataset())


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("options", [{}, {"tokens_per_batch": 160}, {"static_shapes": True}], ids=str)
def test_every_example_comes_exactly_once_an_epoch_padded_right_with_its_target(shuffle, options):
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=7, shuffle=shuffle, **options)
    seen = []
    for ids, target, *weights in elements(batches.dataset()):
        real = weights[0] == 1 if weights else np.ones(len(ids), bool)
        np.testing.assert_array_equal(ids[:, 0], target)
        seen += target[real].tolist()
        rows = [lists[number - 1] for number in target]
        np.testing.assert_array_equal(ids, pad(rows, ids.shape[1]))
        assert ids.dtype == np.int32
        assert "static_shapes" in options or ids.shape[1] == max(map(len, rows))
    assert sorted(seen) == targets.tolist()
    assert len(elements(batches.dataset())) == batches.steps == batches.dataset().cardinality()


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(1, 5), st.booleans())
def test_any_lengths_give_every_example_once(lengths, batch_size, static):
    lists = [[i + 1] * n for i, n in enumerate(lengths)]
    batches = Batches(
        lists, np.arange(len(lists)), batch_size=batch_size, shuffle=True, static_shapes=static, max_length=25
    )
    assert sorted(np.concatenate(batches.order(3)).tolist()) == list(range(len(lists)))
    assert batches.cut == sum(n > 25 for n in lengths)
    for ids, target, *weights in elements(batches.dataset()):
        assert ids.shape[1] >= 1
        for row, number in zip(ids, target, strict=True):
            np.testing.assert_array_equal(row[row > 0], lists[number][:25])
        assert not weights or set(weights[0].tolist()) <= {0.0, 1.0}


def test_a_batch_holds_one_bucket_only():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=5, boundaries=(10, 30, 70), shuffle=True)
    for indices in batches.order(2):
        lengths = np.array([len(lists[i]) for i in indices])
        assert len(set(np.searchsorted((10, 30, 70), lengths))) == 1


def test_the_order_is_a_function_of_seed_and_epoch():
    lists, targets = texts()

    def order(seed, epoch):
        batches = Batches(lists, targets, batch_size=7, shuffle=True, seed=seed)
        return [indices.tolist() for indices in batches.order(epoch)]

    assert order(3, 5) == order(3, 5)
    assert order(3, 5) != order(3, 6) != order(4, 6) != order(3, 5)
    assert sorted(map(len, order(3, 5))) == sorted(map(len, order(3, 6)))


def test_the_order_of_today_is_the_order_of_tomorrow():
    batches = Batches([[1]] * 8, np.arange(8), batch_size=3, shuffle=True, seed=11)
    assert [indices.tolist() for indices in batches.order(4)] == [[0, 4, 2], [3, 7], [6, 5, 1]]


def test_the_dataset_deals_what_order_says():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=7, shuffle=True, seed=3)
    for epoch in (0, 2):
        batches.set_epoch(epoch)
        for (_, target), indices in zip(elements(batches.dataset()), batches.order(epoch), strict=True):
            np.testing.assert_array_equal(target, targets[indices])


def test_shuffling_reaches_across_batches_and_buckets():
    """Over epochs an example has many neighbours, and the long batches stand everywhere."""
    lists, targets = texts(200)
    batches = Batches(lists, targets, batch_size=4, boundaries=(35, 70), shuffle=True)
    neighbours, first_wide = set(), set()
    for epoch in range(20):
        order = batches.order(epoch)
        neighbours |= set(next(batch for batch in order if 0 in batch).tolist())
        first_wide.add(next(i for i, batch in enumerate(order) if len(lists[batch[0]]) > 35))
    assert len(neighbours) > 25 and len(first_wide) > 2


def test_without_shuffling_one_bucket_is_the_input_order():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=10, boundaries=(70,))
    assert np.concatenate(batches.order()).tolist() == list(range(101))
    buckets = Batches(lists, targets, batch_size=200, boundaries=(30, 70)).order(7)
    assert [len(lists[i]) <= 30 for indices in buckets for i in indices[:1]] == [True, False]
    assert all(indices.tolist() == sorted(indices) for indices in buckets)


def test_a_stream_is_the_epochs_one_after_the_other_and_starts_anywhere():
    lists, targets = texts(40)
    batches = Batches(lists, targets, batch_size=7, shuffle=True, seed=3)
    epochs = []
    for epoch in range(4):
        batches.set_epoch(epoch)
        epochs += elements(batches.dataset())
    same(elements(batches.stream(), len(epochs)), epochs)
    start = 2 * batches.steps + 3
    same(elements(batches.stream(2, 3), len(epochs) - start), epochs[start:])


def test_static_shapes_are_a_finite_set_and_filled_with_weight_zero():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=8, shuffle=True, static_shapes=True)
    weights = np.linspace(0.5, 2, 101).astype(np.float32)
    weighted = Batches(lists, targets, weights, batch_size=8, static_shapes=True)
    shapes = set()
    for epoch in range(2):
        batches.set_epoch(epoch)
        for ids, target, weight in elements(batches.dataset()):
            shapes.add(ids.shape)
            assert len(ids) == len(target) == len(weight)
            assert np.all(ids[:, 0] > 0)  # the filling is an example, so that no row is padding alone
    assert shapes == set(batches.shapes)
    total = sum(weight.sum() for *_, weight in elements(weighted.dataset()))
    assert total == pytest.approx(weights.sum())
    assert Batches(lists, targets).shapes is None


def test_dropping_leaves_only_whole_batches_of_other_examples_each_epoch():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=8, shuffle=True, static_shapes=True, remainder="drop")
    dealt = []
    for epoch in range(2):
        batches.set_epoch(epoch)
        seen = [target for _, target in elements(batches.dataset())]
        assert len(seen) == batches.steps and {len(target) for target in seen} == {8}
        dealt.append(set(np.concatenate(seen).tolist()))
        assert len(dealt[-1]) == 8 * batches.steps
    assert dealt[0] != dealt[1]


def test_one_static_bucket_is_known_to_the_graph():
    lists, targets = texts()
    batches = Batches(lists, targets, batch_size=8, boundaries=(70,), static_shapes=True)
    assert batches.dataset().element_spec[0].shape == (8, 70)
    assert Batches(lists, targets).dataset().element_spec[0].shape.as_list() == [None, None]


def test_a_budget_of_tokens_makes_larger_batches_of_shorter_texts():
    lists, targets = texts(400)
    batches = Batches(lists, targets, tokens_per_batch=140, boundaries=(10, 70), static_shapes=True)
    assert batches.shapes == [(14, 10), (2, 70)]


def test_several_inputs_and_lists_of_targets_are_padded_too():
    source, _ = texts(30, longest=20)
    target, _ = texts(30, longest=40, seed=1)
    batches = Batches({"source": source, "target": target}, target, batch_size=4, shuffle=True)
    for ids, labels in batches.dataset():
        numbers = ids["source"][:, 0].numpy() - 1
        np.testing.assert_array_equal(ids["source"], pad([source[i] for i in numbers]))
        np.testing.assert_array_equal(ids["target"], pad([target[i] for i in numbers]))
        np.testing.assert_array_equal(labels, ids["target"])


def test_without_targets_the_elements_are_the_ids():
    lists, _ = texts(10)
    dataset = Batches(lists, batch_size=4, boundaries=(70,)).dataset()
    assert [ids[:, 0].numpy().tolist() for ids in dataset] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_arrays_and_lists_of_floats_stay_arrays():
    lists, _ = texts(6)
    onehot = np.eye(6)
    for targets in (onehot, onehot.tolist()):
        _, dealt = next(iter(Batches(lists, targets, boundaries=(70,)).dataset()))
        np.testing.assert_array_equal(dealt, onehot.astype(np.float32))
    arrays = Batches([np.array(ids) for ids in lists], onehot, boundaries=(70,))
    np.testing.assert_array_equal(next(iter(arrays.dataset()))[0], pad(lists))


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"token_ids": []}, "Batches need examples"),
        ({"targets": [1, 2]}, r"as many targets and weights. Received: {'token_ids': 3, 'targets': 2}"),
        ({"sample_weight": [1.0, 1, 1], "targets": None}, "need targets"),
        ({"boundaries": (4, 4)}, "Boundaries must rise"),
        ({"boundaries": ()}, "Boundaries must rise"),
        ({"boundaries": (2,)}, "must hold the longest list, 3 tokens"),
        ({"max_length": 0}, "max_length must be at least 1. Received: max_length=0"),
        ({"batch_size": 0}, "at least one example. Received: batch_size=0"),
        ({"remainder": "lose"}, "remainder must be 'keep', 'drop' or 'fill'. Received: 'lose'"),
        ({"static_shapes": True, "remainder": "keep"}, "Static shapes need remainder='fill' or 'drop'"),
        ({"remainder": "drop", "batch_size": 9}, "no bucket has one whole batch. Received: 3 examples"),
    ],
    ids=str,
)
def test_what_cannot_be_batched_is_said(arguments, said):
    with pytest.raises(ValueError, match=said):
        Batches(**{"token_ids": [[1], [1, 2], [1, 2, 3]], "targets": [0, 1, 0], **arguments})


def recorder():
    """A Keras model that records the target of every row it is trained on, and learns nothing."""
    import keras

    class Recorder(keras.Model):
        def __init__(self):
            super().__init__()
            self.dealt = []
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, ids):
            return self.scale * keras.ops.cast(ids[:, :1], "float32")

        def train_step(self, data):
            ids, target = data
            self.dealt.append(target.numpy().tolist())
            return {"loss": 0.0}

    model = Recorder()
    model.compile(loss="mse", run_eagerly=True)
    return model


def test_fit_deals_each_epoch_in_its_own_order_and_goes_on_where_it_stopped():
    lists, targets = texts(40)
    expected = []
    for epoch in range(4):
        order = Batches(lists, targets, batch_size=7, shuffle=True, seed=3).order(epoch)
        expected += [targets[indices].tolist() for indices in order]

    def fit(first, last):
        batches = Batches(lists, targets, batch_size=7, shuffle=True, seed=3)
        model = recorder()
        epochs = {"initial_epoch": first, "epochs": last}
        model.fit(batches.dataset(), callbacks=[batches.callback()], shuffle=False, verbose=0, **epochs)
        return model.dealt

    assert fit(0, 4) == expected
    assert fit(0, 2) + fit(2, 4) == expected
    batches = Batches(lists, targets, batch_size=7, shuffle=True, seed=3)
    model = recorder()
    model.fit(batches.stream(), epochs=4, steps_per_epoch=batches.steps, shuffle=False, verbose=0)
    assert model.dealt == expected


def rows(lists, width=3):
    """Each id as a row of `width` numbers that name it."""
    return [np.add.outer(np.multiply(ids, width), range(width)).astype(np.int32) for ids in lists]


@pytest.mark.parametrize("static_shapes", [False, True])
def test_tokens_may_be_rows_and_targets_several_columns_with_a_padding_of_their_own(static_shapes):
    lists, numbers = texts(40, longest=20)
    lists[7] = []
    targets = {"tags": [[i % 5 for i in ids] for ids in lists], "intent": numbers}
    batches = Batches(
        rows(lists), targets, batch_size=6, shuffle=True, static_shapes=static_shapes, target_padding=-1
    )
    seen = []
    for ids, answers, *weights in batches.dataset():
        real = weights[0].numpy() == 1 if weights else np.ones(len(ids), bool)
        chosen = answers["intent"].numpy() - 1
        width = ids.shape[1]
        np.testing.assert_array_equal(ids, pad(rows([lists[i] for i in chosen]), width))
        for row, i in zip(answers["tags"].numpy(), chosen, strict=True):
            expected = targets["tags"][i]
            np.testing.assert_array_equal(row, expected + [-1] * (width - len(expected)))
        seen += chosen[real].tolist()
    assert sorted(seen) == list(range(40))


def test_a_column_of_another_length_is_said():
    with pytest.raises(ValueError, match="Received: {'token_ids': 2, 'tags': 2, 'intent': 1}"):
        Batches([[1], [2]], {"tags": [[0], [1]], "intent": [1]})


def test_the_fingerprint_tells_other_data():
    ids, targets = [[1, 2], [3]], np.array([0, 1])
    found = {
        Batches(lists, values, seed=seed).fingerprint
        for seed in (0, 1)
        for lists, values in (
            (ids, targets),
            ([[1], [2, 3]], targets),
            ([[1, 2], [4]], targets),
            (ids, targets[::-1]),
            (ids, [[0], [1]]),
        )
    }
    assert len(found) == 5
