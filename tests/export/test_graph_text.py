"""The tokenizer made of TensorFlow operators, against the one made of Python, line by line."""

import doctest
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.export import graph_text
from keras_seq.export.graph_text import GraphTextEncoder
from keras_seq.text import SubwordTokenizer, TextEncoder, Vocabulary
from keras_seq.text.characters import CODE_POINTS
from tests.text.lines import BORDERLINE, SENTENCES, as_bytes, hard_lines, long_lines

PIECES = [
    *("▁", "▁a", "a", "b", "a'", "▁a'é", "é", "▁ist", "is", "e", "▁the", "the", "▁film", "film", "ing", "!"),
    *("▁aaa", "aa"),
    *("好", "▁好", "の好", "好看", "电影很好", "が", "👩\u200d", "\u0301", "e\u0301", "▁ที่", "น้ำ", "รื่อง"),
]  # fmt: skip


def _encoders():
    for lowercase in (True, False):
        yield TextEncoder.fit(SENTENCES, "words", 150, lowercase=lowercase)
        yield TextEncoder.fit(SENTENCES, "characters", 150, lowercase=lowercase)
        yield TextEncoder(SubwordTokenizer(PIECES, lowercase), Vocabulary(PIECES))
    yield TextEncoder(SubwordTokenizer([]), Vocabulary())
    yield TextEncoder(SubwordTokenizer(PIECES, False, keep_spaces=True), Vocabulary(PIECES, end=True))


PAIRS = [(encoder, GraphTextEncoder(encoder)) for encoder in _encoders()]


def _name(pair):
    tokenizer = pair[0].tokenizer
    case = "lowercase" if tokenizer.lowercase else "as it is"
    return f"{tokenizer.kind}-{case}-{len(pair[0].vocabulary)}{'-spaces' if tokenizer.keep_spaces else ''}"


every_pair = pytest.mark.parametrize("pair", PAIRS, ids=_name)


def _check_equal(pair, lines):
    encoder, graph = pair
    answer = {name: tensor.numpy() for name, tensor in graph(tf.constant(lines, tf.string)).items()}
    longest = 1
    for line, ids, tokens, length in zip(
        lines, answer["token_ids"], answer["tokens"].tolist(), answer["lengths"], strict=True
    ):
        expected = encoder.tokenizer.tokens(line)
        assert [token.decode() for token in tokens[:length]] == expected, line
        assert ids[:length].tolist() == encoder.encode(line), line
        assert not ids[length:].any() and not any(tokens[length:]), line
        longest = max(longest, len(expected))
    assert answer["token_ids"].shape == answer["tokens"].shape == (len(lines), longest)
    assert answer["token_ids"].dtype == answer["lengths"].dtype == np.int32


@every_pair
def test_python_and_graph_agree_on_thousands_of_hard_lines(pair):
    lines = hard_lines()
    assert len(lines) > 4000
    for start in range(0, len(lines), 500):
        _check_equal(pair, lines[start : start + 500])


@every_pair
def test_python_and_graph_agree_on_long_lines(pair):
    for line in long_lines():
        _check_equal(pair, [line, b"short"])


@pytest.mark.parametrize("pair", PAIRS[:1] + PAIRS[4:5], ids=_name)
def test_python_and_graph_agree_on_every_code_point(pair):
    size = 2048
    for first in range(0, CODE_POINTS, 64 * size):
        blocks = [
            range(start, start + size) for start in range(first, min(first + 64 * size, CODE_POINTS), size)
        ]
        _check_equal(pair, [as_bytes("".join(map(chr, block))) for block in blocks])


@every_pair
@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.text(st.sampled_from(BORDERLINE) | st.characters(exclude_categories=[])), max_size=4)
)
def test_python_and_graph_agree_on_any_text(pair, lines):
    _check_equal(pair, [as_bytes(line) for line in lines])


@every_pair
@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.binary(max_size=12), max_size=4))
def test_python_and_graph_agree_on_any_bytes(pair, lines):
    _check_equal(pair, lines)


@pytest.mark.parametrize("keep_spaces", [False, True])
def test_python_and_graph_agree_on_learned_subwords(keep_spaces):
    pytest.importorskip("sentencepiece")
    encoder = TextEncoder.fit(SENTENCES, "subwords", 400, keep_spaces=keep_spaces, end=keep_spaces)
    _check_equal((encoder, GraphTextEncoder(encoder)), hard_lines()[:1500])


@every_pair
@pytest.mark.parametrize("lines", [[], [b""], [b" ", b"\x00\n"], [b"", b"a", b""], [b"\xff"]])
def test_a_batch_without_tokens_still_has_one_column(pair, lines):
    _check_equal(pair, lines)


@every_pair
def test_a_batch_is_its_texts_one_by_one(pair):
    lines = [as_bytes(line) for line in SENTENCES]
    together = pair[1](lines)
    for i, line in enumerate(lines):
        alone = pair[1]([line])
        length = int(alone["lengths"][0])
        assert length == together["lengths"][i]
        assert (
            alone["token_ids"][0, :length].numpy().tolist()
            == together["token_ids"][i, :length].numpy().tolist()
        )


def test_its_example_runs():
    result = doctest.testmod(graph_text)
    assert result.failed == 0 and result.attempted == 2


def test_it_works_inside_another_graph():
    encoder, graph = PAIRS[0]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def lengths(texts):
        answer = graph(texts)
        assert answer["token_ids"].shape.as_list() == answer["tokens"].shape.as_list() == [None, None]
        return answer["lengths"]

    assert lengths(["a good film", ""]).numpy().tolist() == [3, 0]


def test_a_saved_model_answers_the_same_in_a_fresh_process_without_this_package(tmp_path):
    lines = hard_lines()[:1200:3]
    module = tf.Module()
    module.parts = [graph for _, graph in PAIRS[:3]]
    tf.saved_model.save(module, str(tmp_path / "model"))
    np.save(tmp_path / "lines.npy", np.array([line.hex() for line in lines]))
    moved = (tmp_path / "model").rename(tmp_path / "moved")
    assert not (moved / "assets").exists() or not list((moved / "assets").iterdir())
    code = """
import sys
sys.modules |= dict.fromkeys(["keras_seq", "keras", "jax"])  # TensorFlow alone, which starts in half the time
import numpy as np
import tensorflow as tf
loaded = tf.saved_model.load("moved")
lines = [bytes.fromhex(line) for line in np.load("lines.npy")]
for i, part in enumerate(loaded.parts):
    answer = part(tf.constant(lines))
    kinds = {"token_ids": "i4", "tokens": "S", "lengths": "i4"}
    np.savez(f"{i}.npz", **{name: answer[name].numpy().astype(kind) for name, kind in kinds.items()})
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    for i, (encoder, _) in enumerate(PAIRS[:3]):
        answer = np.load(tmp_path / f"{i}.npz")
        assert answer["lengths"].tolist() == [len(encoder.encode(line)) for line in lines]
        for line, ids, tokens in zip(lines, answer["token_ids"], answer["tokens"], strict=True):
            expected = encoder.encode(line)
            assert ids[: len(expected)].tolist() == expected
            assert [token.decode() for token in tokens[: len(expected)]] == encoder.tokenizer.tokens(line)
