"""The likeliest token at every step."""

import numpy as np
import pytest
from keras import ops

from keras_seq.decoding import beam_search, greedy
from keras_seq.errors import InputError
from tests.decoding.toys import END, LONGEST, START, S, Table, V, agree, listed, looked_as_told, same

SYMBOLS = {"start_id": START, "end_id": END}


def likeliest(table, row, limit):
    tokens = ()
    while len(tokens) < limit and END not in tokens:
        tokens += (int(np.argmax(table.log_probs[row, table.past(tokens)])),)
    return [(table.log_prob(row, tokens), tokens)]


@pytest.mark.parametrize("seed", range(4))
def test_every_step_takes_the_likeliest_token(seed):
    table = Table(batch=20, seed=seed)
    decoded = greedy(table.step, table.cache(), 20, max_length=LONGEST, **SYMBOLS)
    assert decoded.token_ids.shape == (20, 1, LONGEST)
    same(decoded, [likeliest(table, row, LONGEST) for row in range(20)])
    assert len({len(tokens) for ((_, tokens),) in listed(decoded)}) > 3  # or the test shows little


@pytest.mark.parametrize("seed", range(4))
def test_it_is_a_beam_of_one_without_penalties(seed):
    table = Table(batch=20, seed=seed)
    limits = np.arange(20) % (LONGEST + 1)
    for given in (None, limits):
        arguments = {"max_length": LONGEST, "limits": given, "source_length": S, **SYMBOLS}
        one = greedy(table.step, table.cache(), 20, **arguments)
        other = beam_search(table.step, table.cache(), 20, beam_width=1, **arguments)
        for found, expected in zip(one, other, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_each_row_stops_at_its_own_limit():
    table = Table(batch=12, seed=5)
    limits = np.arange(12) % 4
    decoded = greedy(table.step, table.cache(), 12, max_length=LONGEST, limits=limits, **SYMBOLS)
    same(decoded, [likeliest(table, row, limits[row]) for row in range(12)])


def test_it_tells_where_each_step_looked():
    table = Table(batch=12, seed=5)
    limits = np.arange(12) % (LONGEST + 1)
    looked_as_told(
        table,
        greedy(table.step, table.cache(), 12, max_length=LONGEST, limits=limits, source_length=S, **SYMBOLS),
    )


def test_a_batch_is_its_rows_one_by_one():
    table = Table(batch=6, seed=1)
    together = listed(greedy(table.step, table.cache(), 6, max_length=LONGEST, **SYMBOLS))
    for row in range(6):
        alone = greedy(table.step, table.cache(rows=[row]), 1, max_length=LONGEST, **SYMBOLS)
        agree(listed(alone), [together[row]])


def test_no_step_is_taken_that_no_row_needs():
    table = Table(batch=6, seed=1)
    table.give(slice(None), slice(None), END, 0.0)  # at once
    decoded = greedy(table.step, table.cache(), 6, max_length=LONGEST, **SYMBOLS)
    assert table.steps == 1
    assert listed(decoded) == [[(0.0, ())]] * 6


def test_of_equally_likely_tokens_the_first_is_taken():
    table = Table(batch=1)
    table.log_probs[:] = -np.log(V)
    decoded = greedy(table.step, table.cache(), 1, max_length=3, start_id=START, end_id=3)
    assert listed(decoded)[0][0][1] == (0, 0, 0)


def test_errors_are_told():
    table = Table()
    for wrong in (0, -1, True, 2.5):
        with pytest.raises(InputError, match=rf"1 or more. Received: max_length={wrong}"):
            greedy(table.step, table.cache(), 3, max_length=wrong, **SYMBOLS)

    def flat(token_ids, cache, t):
        return ops.zeros((3,)), None, cache

    with pytest.raises(ValueError, match=r"logits \(N, V\).*Received: logits of shape \(3,\)"):
        greedy(flat, (), 3, max_length=2, **SYMBOLS)
