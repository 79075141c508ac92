"""Every way of decoding one toy model, for those who compare where it runs. Runs on any backend."""

import numpy as np
from keras import ops

from keras_seq.decoding import beam_search, greedy, sample
from tests.decoding.toys import END, LONGEST, START, S, Table

K = 3
TABLE = Table(batch=4, seed=8)
ROWS, LIMITS = np.array([2, 0, 3, 1], "int32"), np.array([5, 1, 4, 3], "int32")


def _arguments(rows, limits, max_length):
    return {
        "batch_size": ops.shape(rows)[0],
        "max_length": max_length,
        "limits": limits,
        "start_id": START,
        "end_id": END,
        "source_length": S,
    }


def _cache(rows):
    return {"row": rows, "past": [ops.zeros_like(rows)]}


def by_greedy(rows, limits, max_length=LONGEST):
    return greedy(TABLE.step, _cache(rows), **_arguments(rows, limits, max_length))


def by_beam(rows, limits, max_length=LONGEST):
    return beam_search(
        TABLE.step, _cache(rows), **_arguments(rows, limits, max_length),
        beam_width=K, n_best=K, length_penalty=0.8, coverage_penalty=0.3,
        value_mask=ops.take(TABLE.mask, rows, axis=0), patience=1.5,
    )  # fmt: skip


def by_chance(rows, limits, max_length=LONGEST):
    return sample(
        TABLE.step, _cache(rows), **_arguments(rows, limits, max_length),
        temperature=1.3, top_k=3, top_p=0.9, num_samples=K, seed=5,
    )  # fmt: skip


EVERY_WAY = {"greedy": by_greedy, "beam": by_beam, "chance": by_chance}
