"""Beam search against all hypotheses there are, and against a beam of lists."""

import numpy as np
import pytest

from keras_seq.decoding import NO_HYPOTHESIS, beam_search, greedy
from keras_seq.errors import InputError
from tests.decoding.toys import END, LONGEST, START, S, Table, V, agree, listed, looked_as_told, same

EVERYTHING = 3 ** (LONGEST - 1) * V  # as many as there are continuations at the last step
NOTHING = (float(np.float32(NO_HYPOTHESIS)), ())
EVERY = slice(None)
PENALTIES = [(0.0, 0.0), (0.6, 0.0), (1.5, 0.0), (-0.7, 0.0), (0.0, 0.4), (0.8, 0.2)]
every_penalty = pytest.mark.parametrize("alpha, beta", PENALTIES)


def search(table, width, rows=None, **arguments):
    rows = range(table.batch) if rows is None else rows
    if arguments.get("coverage_penalty"):
        arguments["value_mask"] = table.mask[list(rows)]
    arguments = {"max_length": LONGEST, "start_id": START, "end_id": END, **arguments}
    return beam_search(table.step, table.cache(rows), len(rows), beam_width=width, **arguments)


@every_penalty
def test_a_beam_wide_enough_finds_the_best_of_all(alpha, beta):
    table = Table(batch=8, seed=2)
    decoded = search(table, EVERYTHING, length_penalty=alpha, coverage_penalty=beta, n_best=25)
    same(decoded, [table.best_of_all(row, LONGEST, 25, alpha=alpha, beta=beta) for row in range(8)])


def test_what_is_best_depends_on_the_penalties():
    """Or the test before would say little about them."""
    table = Table(batch=8, seed=2)
    best = {
        tuple(table.best_of_all(row, LONGEST, 1, alpha=alpha, beta=beta)[0][1] for row in range(8))
        for alpha, beta in PENALTIES
    }
    assert len(best) >= 5


@every_penalty
@pytest.mark.parametrize("width, seed", [(2, 1), (5, 3)])
def test_a_narrow_beam_finds_what_a_beam_of_lists_finds(alpha, beta, width, seed):
    table = Table(batch=12, seed=seed)
    decoded = search(table, width, length_penalty=alpha, coverage_penalty=beta, n_best=width)
    same(decoded, [table.beam(row, width, LONGEST, width, alpha=alpha, beta=beta) for row in range(12)])


@every_penalty
@pytest.mark.parametrize("width, patience", [(1, None), (2, 1.0), (5, None)])
def test_it_tells_where_the_steps_of_the_best_looked(alpha, beta, width, patience):
    table = Table(batch=12, seed=3)
    limits = np.arange(12) % (LONGEST + 1)
    penalties = {"length_penalty": alpha, "coverage_penalty": beta, "patience": patience}
    looked_as_told(table, search(table, width, limits=limits, source_length=S, **penalties))


def test_it_does_so_with_a_vocabulary_that_is_searched_in_blocks():
    table = Table(batch=6, vocabulary_size=700, length=1, sharpness=3.0)
    decoded = search(table, 2, max_length=2, n_best=2)
    same(decoded, [table.beam(row, 2, 2, 2) for row in range(6)])


def test_a_narrow_beam_misses_what_a_wide_one_finds():
    table = Table(batch=12)
    narrow, wide = (search(table, width).scores.numpy() for width in (1, EVERYTHING))
    assert (wide > narrow + 0.01).any()


@pytest.mark.parametrize("alpha, beta", [(1.5, 0.0), (-0.7, 0.2)])
def test_a_batch_is_its_rows_one_by_one_each_with_its_own_limit(alpha, beta):
    table = Table(batch=6, seed=4)
    limits = np.array([5, 0, 1, 3, 2, 4])
    arguments = {"length_penalty": alpha, "coverage_penalty": beta, "n_best": 3}
    together = search(table, 3, limits=limits, **arguments)
    same(
        together,
        [
            table.beam(row, 3, limit, 3, alpha=alpha, beta=beta) if limit else [(0.0, ()), NOTHING, NOTHING]
            for row, limit in enumerate(limits)
        ],
    )
    for row, limit in enumerate(limits):
        alone = search(table, 3, rows=[row], limits=limits[row : row + 1], **arguments)
        agree(listed(alone), [listed(together)[row]])
        if limit:
            shorter = search(table, 3, rows=[row], max_length=int(limit), **arguments)
            agree(listed(shorter), listed(alone))


def test_a_hypothesis_may_end_at_once():
    table = Table(batch=4)
    table.log_probs[:, 0] = np.log([0.03, 0.02, 0.9, 0.05])
    decoded = search(table, 3)
    np.testing.assert_array_equal(decoded.lengths, np.zeros((4, 1)))
    np.testing.assert_allclose(decoded.scores, np.full((4, 1), np.log(0.9)), rtol=1e-6)


@pytest.mark.parametrize("never", [-1e9, -np.inf])
def test_where_nothing_ends_within_the_limit_the_best_unfinished_ones_are_given_as_they_are(never):
    table = Table(batch=4)
    table.give(EVERY, EVERY, END, never)
    decoded = search(table, 3, n_best=3, length_penalty=1.0, coverage_penalty=0.2)
    same(decoded, [table.beam(row, 3, LONGEST, 3, alpha=1.0, beta=0.2) for row in range(4)])
    np.testing.assert_array_equal(decoded.lengths, np.full((4, 3), LONGEST))


def test_a_finished_hypothesis_is_never_lost_to_unfinished_ones():
    table = Table(batch=1)
    table.log_probs[:] = np.log([0.979, 0.01, 1e-9, 0.01])
    table.log_probs[0, 0] = np.log([0.69, 0.005, 0.3, 0.005])  # it may end at once; to go on is likelier
    found = listed(search(table, 2, n_best=2))[0]
    assert found[0] == (pytest.approx(np.log(0.3)), ())
    assert len(found[1][1]) == LONGEST and found[1][0] > found[0][0]


def test_where_there_are_fewer_hypotheses_than_asked_for_the_rest_is_empty():
    table = Table(batch=2, seed=3)
    decoded = search(table, 6, max_length=1, n_best=6)
    for row, found in enumerate(listed(decoded)):
        assert found[:1] == [(pytest.approx(table.log_prob(row, (END,))), ())]
        assert sorted(tokens for _, tokens in found[1:4]) == [(0,), (1,), (3,)]
        assert found[4:] == [NOTHING] * 2


@pytest.mark.parametrize("alpha, beta", [(0.0, 0.0), (1.5, 0.0), (0.8, 0.2)])
@pytest.mark.parametrize("patience, n_best", [(1.0, 1), (0.5, 3), (2.0, 2), (0.0, 2)])
def test_with_patience_a_search_ends_when_so_many_hypotheses_have(alpha, beta, patience, n_best):
    table, penalties = Table(batch=12, seed=5), {"alpha": alpha, "beta": beta}
    arguments = {"length_penalty": alpha, "coverage_penalty": beta, "n_best": n_best}
    expected = [table.beam(row, 4, LONGEST, n_best, patience=patience, **penalties) for row in range(12)]
    same(search(table, 4, patience=patience, **arguments), expected)


def test_with_patience_a_better_hypothesis_may_be_missed_and_fewer_steps_are_taken():
    table, arguments = Table(batch=12, seed=5), {"length_penalty": 1.5, "n_best": 1}
    hasty = search(table, 3, patience=0.3, **arguments).scores.numpy()
    steps, table.steps = table.steps, 0
    patient = search(table, 3, **arguments).scores.numpy()
    assert steps < table.steps
    assert (hasty <= patient).all() and (hasty < patient - 0.01).any()


@pytest.mark.parametrize("n_best, steps", [(1, 2), (3, LONGEST)])
def test_the_search_stops_as_soon_as_nothing_can_be_better(n_best, steps):
    table = Table(batch=2)
    table.give(EVERY, EVERY, END, -0.01)
    table.log_probs[:, 0] = np.log([0.012, 0.008, 0.49, 0.49])  # END, or 3 END: no other comes near
    decoded = search(table, 3, n_best=n_best)
    assert table.steps <= steps
    same(decoded, [table.beam(row, 3, LONGEST, n_best) for row in range(2)])


def test_a_row_that_is_finished_waits_unchanged_for_the_others():
    table = Table(batch=2, seed=6)
    table.give(0, EVERY, END, -1e-3)  # row 0 is finished at once
    table.give(1, EVERY, END, -9.0)
    both = listed(search(table, 2, n_best=1, length_penalty=1.0))
    table.steps = 0
    agree(listed(search(table, 2, rows=[0], n_best=1, length_penalty=1.0)), both[:1])
    assert table.steps == 1


def test_padding_of_the_source_costs_nothing():
    table = Table(batch=3)
    arguments = {"n_best": 3, "coverage_penalty": 0.3}
    expected = search(table, 3, **arguments)
    table.weights = np.where(table.mask[:, None], table.weights, 0.3).astype("float32")
    for found, wanted in zip(search(table, 3, **arguments)[:3], expected[:3], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_half_precision_is_summed_in_float32():
    table = Table(batch=3)
    table.log_probs = table.log_probs.astype("float16")
    table.weights = table.weights.astype("float16")
    arguments = {"n_best": 3, "coverage_penalty": 0.3, "source_length": S}
    decoded = search(table, 3, **arguments)
    table.log_probs, table.weights = table.log_probs.astype("float32"), table.weights.astype("float32")
    for found, wanted in zip(decoded, search(table, 3, **arguments), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_errors_are_told():
    table = Table()

    def without_weights(token_ids, cache, t):
        log_probs, _, cache = table.step(token_ids, cache, t)
        return log_probs, None, cache

    with pytest.raises(
        InputError, match="n_best is 1 to 4. Received: n_best=5\nAsk for fewer, .*beam_width=5"
    ):
        search(table, 4, n_best=5)
    with pytest.raises(InputError, match="n_best is 1 to 4. Received: n_best=0"):
        search(table, 4, n_best=0)
    with pytest.raises(InputError, match="1 or more. Received: beam_width=0"):
        search(table, 0)
    with pytest.raises(InputError, match="finite number. Received: length_penalty=nan"):
        search(table, 2, length_penalty=float("nan"))
    with pytest.raises(InputError, match="finite number, 0 or more, or None. Received: patience=-1"):
        search(table, 2, patience=-1)
    with pytest.raises(InputError, match=r"0 \(none\) or more. Received: coverage_penalty=-0.1"):
        search(table, 2, coverage_penalty=-0.1)
    arguments = {"beam_width": 2, "max_length": 3, "start_id": START, "end_id": END, "coverage_penalty": 0.2}
    with pytest.raises(InputError, match=r"value_mask \(B, S\).*Received: value_mask=None"):
        beam_search(table.step, table.cache(), 3, **arguments)
    with pytest.raises(InputError, match="give none.\nReceived: coverage_penalty=0.2. Decode without it."):
        beam_search(without_weights, table.cache(), 3, value_mask=table.mask, **arguments)
    with pytest.raises(ValueError, match="A mask is boolean"):
        beam_search(table.step, table.cache(), 3, value_mask=table.mask.astype("float32"), **arguments)
    arguments = {"max_length": 2, "start_id": START, "end_id": END}
    assert greedy(without_weights, table.cache(), 3, **arguments).weights is None
    for decode, options in ((greedy, {}), (beam_search, {"beam_width": 2})):
        with pytest.raises(InputError, match="source_length keeps the attention .* give none"):
            decode(without_weights, table.cache(), 3, source_length=S, **options, **arguments)
