"""Ids to text by TensorFlow operators, against Python."""

import doctest
import random

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.export import graph_decoder
from keras_seq.export.graph_decoder import GraphTextDecoder
from keras_seq.text import SubwordTokenizer, TextEncoder, Vocabulary
from tests.text.lines import SENTENCES

PIECES = ["▁", "▁a", "a", "é", "▁film", "ing", "好", "很好", "の", "👩\u200d", "!", ","]
ENCODERS = [
    TextEncoder.fit(SENTENCES, "words", 150, lowercase=False, keep_spaces=True, end=True),
    TextEncoder.fit(SENTENCES, "characters", 100, keep_spaces=True, end=True),
    TextEncoder(SubwordTokenizer(PIECES, keep_spaces=True), Vocabulary(PIECES, end=True)),
    TextEncoder(SubwordTokenizer(PIECES), Vocabulary(PIECES)),
    TextEncoder.fit(SENTENCES, "words", 150),
]


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
def test_python_and_graph_write_the_same(encoder):
    chance = random.Random(5)
    decoder, size = GraphTextDecoder(encoder), len(encoder.vocabulary)
    rows = [[*encoder.encode(sentence)[:40]] for sentence in SENTENCES]
    rows += [[chance.choice([0, 1, 1, 2, chance.randrange(size)]) for _ in range(9)] for _ in range(300)]
    ids = np.zeros((len(rows), max(map(len, rows)) + 1), np.int32)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    expected = [encoder.decode(row) for row in ids]
    assert [text.decode() for text in decoder(ids).numpy()] == expected
    assert len(set(expected)) > 200 and any("[UNK]" in text for text in expected)


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
def test_unknown_tokens_are_replaced_alike(encoder):
    chance = random.Random(6)
    rows = [
        [chance.choice([0, 1, 1, chance.randrange(len(encoder.vocabulary))]) for _ in range(7)]
        for _ in range(50)
    ]
    tokens = [[chance.choice(["▁Zorro", "好", "x"]) for _ in row] for row in rows]
    expected = [
        encoder.decode(row, [token for one, token in zip(row, said, strict=True) if one == 1])
        for row, said in zip(rows, tokens, strict=True)
    ]
    decoder = GraphTextDecoder(encoder)
    found = decoder.replacing(rows, tokens).numpy()
    assert [text.decode() for text in found] == expected


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_nothing_gives_nothing(shape):
    assert GraphTextDecoder(ENCODERS[0])(tf.zeros(shape, tf.int32)).numpy().tolist() == [b""] * shape[0]


def test_it_is_saved_and_loaded(tmp_path):
    tf.saved_model.save(GraphTextDecoder(ENCODERS[0]), str(tmp_path / "model"))
    ids = [ENCODERS[0].encode(SENTENCES[0])]
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    assert loaded(tf.constant(ids)).numpy()[0].decode() == ENCODERS[0].decode(ids[0])


def test_its_example_runs():
    result = doctest.testmod(graph_decoder)
    assert result.failed == 0 and result.attempted == 2
