"""Spans found by TensorFlow operators, against `tag_schemes.spans`."""

import doctest

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.export import graph_tags
from keras_seq.export.graph_tags import GraphTags
from keras_seq.text import tag_schemes

LETTERS = {"IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU"}
LABELS = ("x", "到-达")
TAGS = {
    scheme: ["O", *(f"{letter}-{label}" for label in LABELS for letter in letters)]
    for scheme, letters in LETTERS.items()
}
GRAPHS = {scheme: GraphTags(tags, scheme) for scheme, tags in TAGS.items()}


@pytest.mark.parametrize("scheme", TAGS)
@given(data=st.data())
def test_spans_are_those_of_python_for_any_tags_legal_or_not(scheme, data):
    sentences = data.draw(
        st.lists(st.lists(st.sampled_from(TAGS[scheme]), max_size=9), min_size=1, max_size=4)
    )
    lengths = np.array(list(map(len, sentences)), np.int32)
    width = max(1, *lengths)
    tag_ids = np.full((len(sentences), width), 1, np.int32)  # padding that looks like spans
    for row, tags in zip(tag_ids, sentences, strict=True):
        row[: len(tags)] = [TAGS[scheme].index(tag) for tag in tags]
    starts = np.arange(width, dtype=np.int32) * 10 + np.arange(len(sentences), dtype=np.int32)[:, None]
    graph = GRAPHS[scheme]
    found = graph.spans(tf.constant(tag_ids), tf.constant(lengths), starts, starts + 7)
    names = graph.names(tf.constant(tag_ids), tf.constant(lengths)).numpy()
    expected = [tag_schemes.spans(tags) for tags in sentences]
    most = max(map(len, expected))
    for row, (tags, spans) in enumerate(zip(sentences, expected, strict=True)):
        padding = most - len(spans)
        first = [10 * first + row for first, _, _ in spans]
        behind = [10 * (behind - 1) + row + 7 for _, behind, _ in spans]
        assert found["span_starts"][row].numpy().tolist() == first + [-1] * padding
        assert found["span_ends"][row].numpy().tolist() == behind + [-1] * padding
        labels = [label.decode() for label in found["span_labels"][row].numpy()]
        assert labels == [label for _, _, label in spans] + [""] * padding
        assert [name.decode() for name in names[row]] == tags + [""] * (width - len(tags))


def test_plain_tags_say_no_spans():
    assert not GraphTags(["DET", "NOUN"], "plain").says_spans and GRAPHS["IOB2"].says_spans


def test_its_example_runs():
    result = doctest.testmod(graph_tags)
    assert result.failed == 0 and result.attempted == 5
