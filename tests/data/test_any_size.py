"""Data that lie on the disk are those that lie in memory: the same columns, arrays, batches and order."""

import csv
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras_seq.apps import Sentiment, Tagging, Translation

from keras_seq.application.trainer import batches_of
from keras_seq.data import (
    Batches,
    Examples,
    IdLists,
    OneHot,
    Parts,
    choose,
    collect,
    hold_out,
    read_examples,
    spool,
)
from keras_seq.data.collecting import SpooledColumn
from keras_seq.errors import InputError
from tests.fresh_process import fresh_process

WORDS = ["a", "fine", "film", "naïve", "电影", '"no"', "dull", "🎬"]
COUNT = 60


@pytest.fixture
def on_disk(monkeypatch):
    """Everything is too large for the memory."""
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)


def sentences(seed=0):
    rng = random.Random(seed)
    return [[rng.choice(WORDS) for _ in range(rng.randint(1, 12))] for _ in range(COUNT)]


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def texts(words):
    return [" ".join(each) for each in words]


def label(words):
    return f"l{len(words) % 2}"


def tsv(path, words, others):
    return write(path, (f"{' '.join(each)}\t{label(each)}" for each in words))


def quoted(path, words, others):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((" ".join(each), label(each)) for each in words)
    return path


def objects(path, words, others):
    return write(path, (json.dumps({"text": " ".join(each), "label": label(each)}) for each in words))


def conllu(path, words, others):
    row = "{}\t{}\t_\tT{}\t_\t_\t_\t_\t_\t_\n"
    blocks = (
        "".join(row.format(place, word, len(word) % 3) for place, word in enumerate(each, start=1))
        for each in words
    )
    return write(path, blocks)


def token_lines(path, words, others):
    return write(path, ("".join(f"{word}\tT{len(word) % 3}\n" for word in each) for each in words))


def slot_folder(path, words, others):
    path.mkdir()
    write(path / "seq.in", texts(words))
    write(path / "seq.out", (" ".join(f"T{len(word) % 3}" for word in each) for each in words))
    write(path / "label", map(label, words))
    return path


def aligned(path, words, others):
    write(path.with_name("pairs.en"), texts(words))
    write(path.with_name("pairs.de"), texts(others))
    return path


def pairs(path, words, others):
    return write(path, map("\t".join, zip(texts(words), texts(others), strict=True)))


def pair_objects(path, words, others):
    both = zip(texts(words), texts(others), strict=True)
    return write(path, (json.dumps({"source": one, "target": other}) for one, other in both))


FILES = {
    "reviews.tsv": (Sentiment, tsv),
    "reviews.csv": (Sentiment, quoted),
    "reviews.jsonl": (Sentiment, objects),
    "sentences.conllu": (Tagging, conllu),
    "sentences.conll": (Tagging, token_lines),
    "folder": (Tagging, slot_folder),
    "pairs": (Translation, aligned),
    "pairs.tsv": (Translation, pairs),
    "pairs.jsonl": (Translation, pair_objects),
}


def encoded(name, path):
    """Examples of a file, held out, and what the app makes of them."""
    app = FILES[name][0]("toy")
    chosen = {"source_language": "en", "target_language": "de"} if name == "pairs" else {}
    examples = read_examples(path, app.task, **chosen)
    train, validation = map(app.ready, hold_out(examples))
    app.prepare(train)
    return examples, train, validation, *app.encode(train), batches_of(app, *app.encode(train), shuffle=True)


def flat(value):
    """Lists of ids, one-hot rows, or dicts of these, as plain lists."""
    if isinstance(value, dict):
        return {name: flat(each) for name, each in value.items()}
    return np.asarray(value).tolist() if isinstance(value, OneHot) else [each.tolist() for each in value]


def first(batches, count, **where):
    elements = itertools.islice(iter(batches.stream(**where)), count)
    return [[tensor.numpy() for tensor in tf.nest.flatten(element)] for element in elements]


def same(some, others):
    for one, other in zip(some, others, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype


@pytest.mark.parametrize("name", FILES)
def test_what_lies_on_the_disk_gives_the_same_as_what_lies_in_memory(name, tmp_path, monkeypatch):
    path = FILES[name][1](tmp_path / name, sentences(), sentences(1))
    *small, inputs, targets, batches = encoded(name, path)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    *large, other_inputs, other_targets, other_batches = encoded(name, path)
    for one, other in zip(small, large, strict=True):
        assert one.columns.keys() == other.columns.keys() and len(one) == len(other)
        for column, values in one.columns.items():
            assert isinstance(values, list) and isinstance(other[column], SpooledColumn)
            assert list(other[column]) == values
            assert other[column][-1] == values[-1] and list(other[column][3:20:4]) == values[3:20:4]
        assert (one.split, one.skipped, one.summary()) == (other.split, other.skipped, other.summary())
    assert flat(inputs) == flat(other_inputs) and flat(targets) == flat(other_targets)
    assert batches.fingerprint == other_batches.fingerprint and batches.steps == other_batches.steps
    expected = first(batches, 2 * batches.steps)
    same(expected, first(other_batches, 2 * batches.steps))
    same(expected[batches.steps + 1 :], first(other_batches, batches.steps - 1, first_epoch=1, first_step=1))


def lists_of(seed=0, width=None):
    rng = np.random.default_rng(seed)
    shapes = [(length,) if width is None else (length, width) for length in rng.integers(0, 30, 70)]
    return [rng.integers(1, 99, shape).astype(np.int32) for shape in shapes]


@pytest.mark.parametrize("width", [None, 3])
@pytest.mark.parametrize("options", [{}, {"static_shapes": True}, {"max_length": 7}], ids=str)
def test_batches_and_their_parts_are_the_same_from_the_disk(width, options, monkeypatch):
    def made():
        targets = {"tags": [(each if width is None else each[:, 0]).tolist() for each in lists_of(0, width)]}
        targets["intent"] = OneHot([place % 4 - 1 for place in range(70)], 3)
        lists = IdLists(lists_of(0, width))
        return Batches(lists, targets, batch_size=4, shuffle=True, seed=3, target_padding=-1, **options)

    small = made()
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    large = made()
    assert small.fingerprint == large.fingerprint
    same(first(small, small.steps), first(large, small.steps))
    same(first(small, 8, parts=Parts(3, 1, 2)), first(large, 8, parts=Parts(3, 1, 2)))


def test_lists_of_ids_read_as_they_were_written(on_disk):
    for width in (None, 3):
        written = lists_of(1, width)
        lists = IdLists(written)
        assert lists.flat is None and len(lists) == 70 and lists.total == sum(map(len, written))
        for read in (list(lists), [lists[place] for place in range(70)], lists[:]):
            same([read], [written])
        np.testing.assert_array_equal(np.concatenate(list(lists.pieces())), np.concatenate(written))
    assert [each.tolist() for each in IdLists([[], [1]])[::-1]] == [[1], []]
    assert list(IdLists()) == [] == list(IdLists().pieces())


@given(st.lists(st.one_of(st.text(), st.lists(st.text(), max_size=4).map(tuple)), max_size=8), st.data())
def test_any_text_comes_back_from_the_disk(values, data):
    """Also line breaks, quotation marks, zeros and halves of surrogate pairs."""
    values = [value if isinstance(value, str) else list(value) for value in values]
    kind = data.draw(st.sampled_from([str, list]))
    values = [value for value in values if isinstance(value, kind)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "MOST_IN_MEMORY", -1)
        column = collect(values)
    assert isinstance(column, SpooledColumn) == bool(values)
    assert list(column) == values == [column[place] for place in range(len(values))]
    places = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=6)) if values else []
    chosen = choose(column, np.array(places, int))
    assert list(chosen) == [values[place] for place in places]
    assert list(chosen[::-2]) == [values[place] for place in places][::-2]


def test_no_memory_is_lost_where_few_of_many_are_read(on_disk):
    column = collect(f"text {place}" for place in range(20_000))
    places = np.arange(0, 20_000, 997)
    assert list(choose(column, places)) == [f"text {place}" for place in places]
    assert column == [f"text {place}" for place in range(20_000)] and column != column[1:]


def test_examples_are_chosen_whole(on_disk):
    examples = Examples({"text": collect("abcd"), "label": list("wxyz")}, "mine", "train")
    some = examples.where([True, False, False, True])
    assert list(some["text"]) == ["a", "d"] and some["label"] == ["w", "z"]
    assert list(examples.head(3)["text"]) == ["a", "b", "c"]


def test_more_than_a_tenth_of_very_many_is_never_held_out(monkeypatch):
    monkeypatch.setattr("keras_seq.data.holding_out._MOST", 30)
    train, validation = hold_out(Examples({"text": [f"a film {place}" for place in range(3000)]}))
    assert 15 < len(validation) < 50 and len(train) + len(validation) == 3000


def test_a_full_disk_is_said_and_what_to_do(on_disk):
    size, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        with pytest.raises(InputError, match=r"could not be put aside on the disk(?s:.*)TMPDIR="):
            list(collect(["a film " * 200_000]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))


def test_no_folder_for_temporary_files_is_said(on_disk, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(InputError, match="could not be put aside on the disk, into .*none: No such file"):
        collect(["a film"])


def long_lines(count):
    return (f"{'a film ' * 30}{place}\tl{place % 2}" for place in range(count))


BEGINNING = """
import sys
from keras_seq.data import IdLists, hold_out, read_examples, spool
spool.MOST_IN_MEMORY = 2**20
examples = read_examples(sys.argv[1])
"""
WAITING = """
import os, signal
print(os.listdir(sys.argv[2]), flush=True)
signal.pause()
"""
STREAMING = """
train, validation = hold_out(examples)
lists = IdLists([len(word) for word in text.split()] for text in train["text"])
assert lists.flat is None and sum(map(len, lists)) == lists.total
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""


def test_nothing_is_left_behind_by_a_kill(tmp_path):
    path = write(tmp_path / "reviews.tsv", long_lines(9000))
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", BEGINNING + WAITING, str(path), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout.readline() == "[]\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not list(folder.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status")
def test_memory_hardly_grows_with_a_file(tmp_path):
    few, many = (write(tmp_path / f"{count}.tsv", long_lines(count)) for count in (15_000, 150_000))
    assert many.stat().st_size > 30e6
    most = [int(fresh_process(BEGINNING + STREAMING, path)) for path in (few, many)]
    assert most[1] - most[0] < 12_000  # KiB
