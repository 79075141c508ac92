"""Tag schemes against all short tag sequences, and against seqeval's reading."""

import itertools
import tracemalloc

import pytest

from keras_seq.errors import InputError
from keras_seq.text.tag_schemes import (
    SCHEMES,
    allowed_transitions,
    convert,
    first_illegal,
    is_legal,
    recognise,
    repair,
    spans,
)

LETTERS = {"IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU"}
LABELS = ("地点", "from-date")


def tags_of(scheme):
    return ["O", *(f"{letter}-{label}" for letter in LETTERS[scheme] for label in LABELS)]


def sequences(scheme, longest=4):
    for length in range(longest + 1):
        yield from map(list, itertools.product(tags_of(scheme), repeat=length))


def every_set_of_spans(length, start=0):
    """All ways to lay labelled spans over `length` words."""
    if start >= length:
        yield []
        return
    yield from every_set_of_spans(length, start + 1)
    for end in range(start + 1, length + 1):
        for label in LABELS:
            for rest in every_set_of_spans(length, end):
                yield [(start, end, label), *rest]


@pytest.mark.parametrize("scheme", LETTERS)
def test_a_sequence_is_legal_exactly_if_it_writes_spans(scheme):
    """Each set of spans has one spelling; the spellings are the legal sequences."""
    for length in range(5):
        every = list(every_set_of_spans(length))
        written = {
            tuple(convert(convert(iob2(each, length), "IOB2", scheme), scheme, scheme)) for each in every
        }
        legal = {tuple(tags) for tags in sequences(scheme) if len(tags) == length and is_legal(tags, scheme)}
        assert written == legal
        assert len(legal) == len(every)


def iob2(found, length):
    tags = ["O"] * length
    for start, end, label in found:
        tags[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
    return tags


@pytest.mark.parametrize("scheme", LETTERS)
def test_a_sequence_is_legal_exactly_if_it_takes_allowed_steps(scheme):
    names = tags_of(scheme)
    start, end, allowed = allowed_transitions(names, scheme)
    number = {name: index for index, name in enumerate(names)}
    for tags in sequences(scheme):
        ids = [number[tag] for tag in tags]
        path = not ids or start[ids[0]] and end[ids[-1]]
        path = path and all(allowed[one][other] for one, other in itertools.pairwise(ids))
        assert path == is_legal(tags, scheme), tags


@pytest.mark.parametrize("source, target", list(itertools.permutations(LETTERS, 2)))
def test_there_and_back_is_the_same_and_so_are_the_spans(source, target):
    for tags in sequences(source, 3):
        if is_legal(tags, source):
            there = convert(tags, source, target)
            assert is_legal(there, target) and spans(there) == spans(tags)
            assert convert(there, target, source) == tags


@pytest.mark.parametrize("scheme", LETTERS)
def test_repaired_tags_are_legal_say_the_same_and_legal_ones_stay(scheme):
    for tags in sequences(scheme):
        repaired = repair(tags, scheme)
        assert is_legal(repaired, scheme) and spans(repaired) == spans(tags)
        assert (repaired == tags) == is_legal(tags, scheme)


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "IOBES"])  # it does not know L and U
def test_spans_are_read_as_seqeval_reads_them_illegal_ones_too(scheme):
    judge = pytest.importorskip("seqeval.metrics.sequence_labeling")
    for tags in sequences(scheme):
        expected = [(start, end + 1, label) for label, start, end in judge.get_entities(tags)]
        assert spans(tags) == expected, tags


@pytest.mark.parametrize("scheme", ["IOB2", "IOBES", "BILOU"])
def test_legal_spans_are_those_of_seqeval_in_strict_mode(scheme):
    judge = pytest.importorskip("seqeval.scheme")
    for tags in sequences(scheme):
        if is_legal(tags, scheme):
            found = judge.Entities([tags], getattr(judge, scheme)).entities[0]
            assert spans(tags) == [(each.start, each.end, each.tag) for each in found], tags


@pytest.mark.parametrize("scheme", LETTERS)
def test_the_scheme_is_recognised_from_a_few_sentences(scheme):
    longest = ["O", *repair(["B-a", "I-a", "I-a", "B-a", "B-b", "O", "B-b"], scheme)]
    assert recognise([longest, ["O"]]) == scheme


def test_what_else_is_recognised():
    assert recognise([["DET", "NOUN"]]) == "plain"
    assert recognise([["O", "B-a"], ["NOUN"]]) == "plain"
    assert recognise([["E-a", "L-a"]]) == "plain"
    assert recognise([["BX-a"]]) == recognise([["B-"]]) == recognise([["B"]]) == recognise([]) == "plain"
    assert recognise([["O", "O"]]) == "IOB2"
    assert recognise([["O", "B-a"]] * 5 + [["I-a"]]) == "IOB2"  # with a mistake
    assert recognise([["O", "I-a"]] * 5 + [["B-a"]]) == "IOB1"


def test_the_first_illegal_tag_is_pointed_out():
    assert first_illegal(["O", "B-a", "O", "I-a", "I-b"], "IOB2") == 3
    assert first_illegal(["B-a", "I-a"], "IOBES") == 1
    assert first_illegal(["B-a", "O"], "IOBES") == 1
    assert first_illegal(["O", "NOUN"], "IOB2") == first_illegal(["O", "E-a"], "IOB2") == 1
    assert first_illegal([], "IOBES") is None


def test_plain_tags_are_left_alone():
    tags = ["DET", "O", "X"]
    assert spans(tags) == [] and is_legal(tags, "plain") and repair(tags, "plain") == tags
    assert allowed_transitions(tags) == ([True] * 3, [True] * 3, [[True] * 3] * 3)
    assert convert(tags, "plain", "plain") == tags


def test_names_in_any_order_are_iob2():
    start, end, allowed = allowed_transitions(["I-a", "O", "B-a"])
    assert start == [False, True, True] and end == [True] * 3
    assert allowed == [[True] * 3, [False, True, True], [True] * 3]


def test_errors_are_told():
    with pytest.raises(
        InputError, match="Tag 2 of a sentence, 'I-a' after 'O', is not legal in IOB2. Repair"
    ):
        convert(["O", "I-a"], "IOB2", "IOBES")
    with pytest.raises(InputError, match="Plain tags say no spans.*Received: plain to IOB2"):
        convert(["NOUN"], "plain", "IOB2")
    with pytest.raises(InputError, match="Unknown tag scheme 'IOB'. Did you mean 'IOB"):
        is_legal(["O"], "IOB")
    assert set(SCHEMES) == {"plain", *LETTERS}


@pytest.mark.parametrize("tags", [["DET", "NOUN"], ["B-a", "I-a", "O"]])
def test_what_lies_on_the_disk_is_recognised_without_holding_it(tags):
    class Column(list):
        """Sentences that are read as they are asked for."""

        def __iter__(self):
            return (tags * 100 for _ in range(2_000))

    tracemalloc.start()
    recognise(Column())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6  # all of them together: 5e6
