"""Tagged sentences from real files of every kind, and every fault that one can have, with what is said."""

import pytest

from keras_seq.data import hold_out, read_examples
from keras_seq.errors import InputError

WORD = "{}\t{}\t_\t{}\t{}\t{}\t0\troot\t_\t{}\n"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def read(path, **options):
    return read_examples(path, "tagging", **options)


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3 and str(path) in message
    return message


def row(number, form, upos="X", xpos="_", feats="_", misc="_"):
    return WORD.format(number, form, upos, xpos, feats, misc)


# Column files


@pytest.mark.parametrize("ending", [".conll", ".bio", ".iob", ".txt", ".tsv", ".CONLL"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_column_file_reads_the_same_with_any_line_end_and_byte_order_mark(tmp_path, ending, line_end, mark):
    content = "台\tB-LOC\n北\tI-LOC\n\nnice\tO\n".replace("\n", line_end)
    examples = read(write(tmp_path / f"some{ending}", mark + content))
    assert examples.columns == {"tokens": [["台", "北"], ["nice"]], "tags": [["B-LOC", "I-LOC"], ["O"]]}
    assert not examples.skipped


def test_tabs_and_spaces_may_be_mixed_and_empty_lines_may_be_many(tmp_path):
    path = write(tmp_path / "a.txt", "\n \na\tX  B-T\nb  Y\tI-T \n\t\n\n\nc Z O\n\n\n")
    examples = read(path)
    assert examples["tokens"] == [["a", "b"], ["c"]]
    assert examples["tags"] == [["B-T", "I-T"], ["O"]]


def test_between_tabs_alone_a_token_may_hold_a_space(tmp_path):
    examples = read(write(tmp_path / "a.tsv", "New York\tB-LOC\nis \t O\n"))
    assert examples["tokens"] == [["New York", "is"]] and examples["tags"] == [["B-LOC", "O"]]
    assert read(write(tmp_path / "b.tsv", "a\u00a0b\tO\n\u3000 O\n"))["tokens"] == [["a\u00a0b", "\u3000"]]


def test_tabs_and_spaces_that_are_mixed_alike_in_every_row_both_separate(tmp_path):
    examples = read(write(tmp_path / "a.conll", "a\tX B-T\nb\tY O\n"))
    assert examples["tokens"] == [["a", "b"]] and examples["tags"] == [["B-T", "O"]]


def test_the_tags_are_the_last_column_or_the_one_at_a_position(tmp_path):
    path = write(tmp_path / "a.conll", "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n")
    assert read(path)["tags"] == [["B-ORG", "O"]]
    assert read(path, tag_column=1)["tags"] == [["NNP", "VBZ"]]
    assert read(path, tag_column="2")["tags"] == [["B-NP", "B-VP"]]
    assert read(path).skipped == {"-DOCSTART- line": 1}
    assert read(path, split="unlabelled").columns == {"tokens": [["EU", "rejects"]]}


def test_a_column_that_is_not_there_is_answered_with_the_positions(tmp_path):
    path = write(tmp_path / "a.conll", "\na X O\n")
    for column in ("3", "upos", "-1"):
        message = refusal(path, tag_column=column)
        assert f"line 2: there is no column {column}. Expected: 0 to 2, a position." in message


@pytest.mark.parametrize("content", ["a O\nb\nc O\n", "a\tO\nb\nc\tO\n", "a O\nb \t\nc\tO\n"])
def test_a_row_with_too_few_columns_is_said_with_its_line(tmp_path, content):
    message = refusal(write(tmp_path / "a.conll", content))
    assert "line 2: too few columns. Expected: 2, as in the first row, 'a O'. Received: 1, 'b'." in message


def test_a_row_with_too_many_columns_is_said_with_its_line(tmp_path):
    message = refusal(write(tmp_path / "a.conll", "a O\n\nNew York O\n"))
    assert "line 3: too many columns. Expected: 2, as in the first row, 'a O'. Received: 3" in message
    assert "a token that holds a space needs tabs in every row" in message


def test_text_without_tags_is_no_column_file(tmp_path):
    message = refusal(write(tmp_path / "a.txt", "word\nother\n"))
    assert "line 1: too few columns. Expected: a token and its tag" in message


@pytest.mark.parametrize("what, line", [("token", "\tX\tO\n"), ("tag", "b\tX\t\n")])
def test_an_empty_cell_between_tabs_is_said(tmp_path, what, line):
    message = refusal(write(tmp_path / "a.conll", f"a\tX\tO\n{line}"))
    assert f"line 2: the {what} is empty" in message


def test_a_file_without_sentences_is_refused_with_what_was_skipped(tmp_path):
    message = refusal(write(tmp_path / "a.conll", "-DOCSTART- O\n\n-DOCSTART- O\n"))
    assert "there are no sentences in it (skipped: 2 × -DOCSTART- line)" in message


@pytest.mark.parametrize("name", ["a.conll", "a.conllu", "a.txt"])
@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n\n", "the file is empty"),
        (b"a\tO\nb\xff\tO\n", "line 2, byte 2: this is not UTF-8. Received: 0xff."),
        (b"\x89PNG\r\n\x00\x00", "line 2: this is binary data (with zero bytes)"),
        ("a\tO\n".encode("utf-16"), "the text is UTF-16"),
    ],
)
def test_damaged_files_are_said_for_what_they_are(tmp_path, name, content, expected):
    assert expected in refusal(write(tmp_path / name, content))


def test_a_kind_that_is_not_read_is_answered_with_those_that_are(tmp_path):
    message = refusal(write(tmp_path / "a.csv", "a,O\n"))
    assert "tagging does not read files of this kind. Received: .csv." in message
    assert ".conllu, .conll, .bio, .iob, .txt, .tsv, a folder of seq.in, seq.out and label" in message
    with pytest.raises(InputError, match="Unknown option 'label_column' for task 'tagging'. .*'tag_column'"):
        read(tmp_path / "a.csv", label_column="x")


# CoNLL-U


CONLLU = (
    "# newdoc\n# sent_id = 1\n# text = He didn't go.\n"
    + row(1, "He", "PRON", "PRP", "Number=Sing|Person=3", "NER=B-PER")
    + row("2-3", "didn't", "_")
    + row(2, "did", "AUX", "VBD", "Tense=Past")
    + row(3, "n't", "PART", "RB", misc="NER=O")
    + row(4, "go", "VERB", "VB", misc="SpaceAfter=No|NER=O")
    + row("4.1", "away", "ADV")
    + row(5, ".", "PUNCT", ".")
    + "\n"
    + row(1, "去", "VERB", "V", misc="SpaceAfter=No")
    + row("2-3", "台北的", misc="SpaceAfter=No")
    + row(2, "台北", "PROPN", "NR")
    + row(3, "的", "PART", "DE")
    + row(4, "票", "NOUN", "N")
    + "\n# a comment by itself\n\n"
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_conllu_file_gives_words_tags_and_text_and_counts_what_are_no_words(tmp_path, line_end):
    examples = read(write(tmp_path / "a.conllu", "\ufeff" + CONLLU.replace("\n", line_end)))
    assert examples["tokens"] == [["He", "did", "n't", "go", "."], ["去", "台北", "的", "票"]]
    assert examples["tags"] == [["PRON", "AUX", "PART", "VERB", "PUNCT"], ["VERB", "PROPN", "PART", "NOUN"]]
    assert examples["text"] == ["He didn't go.", "去台北的票"]
    assert examples.skipped == {
        "multiword range: its words are read": 2,
        "empty node: not in the text": 1,
        "empty sentence": 1,
    }


@pytest.mark.parametrize(
    "column, first",
    [
        ("xpos", ["PRP", "VBD", "RB", "VB", "."]),
        ("XPOS", ["PRP", "VBD", "RB", "VB", "."]),
        (4, ["PRP", "VBD", "RB", "VB", "."]),
        ("feats", ["Number=Sing|Person=3", "Tense=Past", "_", "_", "_"]),
        ("Number", ["Sing", "_", "_", "_", "_"]),
        ("NER", ["B-PER", "_", "O", "O", "_"]),
        ("deprel", ["root"] * 5),
    ],
)
def test_any_column_and_any_key_of_feats_and_misc_can_be_the_tags(tmp_path, column, first):
    assert read(write(tmp_path / "a.conllu", CONLLU), tag_column=column)["tags"][0] == first


def test_a_last_sentence_without_an_empty_line_is_read(tmp_path):
    assert read(write(tmp_path / "a.conllu", CONLLU + row(1, "end")))["tokens"][-1] == ["end"]


def test_a_column_that_nobody_filled_is_refused_with_those_that_are(tmp_path):
    path = write(tmp_path / "a.conllu", row(1, "a", "_", "NN"))
    assert "column 'upos' is not filled: every word has '_' there" in refusal(path)
    assert "Filled are: id, form, xpos, head, deprel. Say which with --tag-column." in refusal(path)
    assert read(path, tag_column="xpos")["tags"] == [["NN"]]
    assert "there is no column 'upso', nor such a key in feats or misc. Did you mean 'upos'" in refusal(
        path, tag_column="upso"
    )


def test_words_that_were_taken_out_of_a_conllu_file_are_noticed(tmp_path):
    message = refusal(write(tmp_path / "a.conllu", row(1, "_", "NOUN") + row(2, "_", "VERB")))
    assert "the words are not in this file: every one is '_'" in message


def test_rows_that_are_not_of_ten_columns_are_refused(tmp_path):
    message = refusal(write(tmp_path / "a.conllu", row(1, "a") + row(2, "b").replace("\t", " ")))
    assert "line 2: expected 10 columns between tabs. Received: 1, '2 b _" in message


@pytest.mark.parametrize("number", ["1", "3", "x", ""])
def test_word_numbers_out_of_order_are_refused(tmp_path, number):
    message = refusal(write(tmp_path / "a.conllu", row(1, "a") + row(number, "b")))
    assert "line 2: expected word 2, a range such as 1-2, or an empty node such as 8.1." in message
    assert f"Received: {number!r}." in message
    assert "Is the empty line between two sentences missing?" in message


# Folders of slots and intents


def slots(folder, tokens="fly to Rome\nhow much\n", tags="O O B-to\nO O\n", intents="book\nprice#book\n"):
    for name, content in (("seq.in", tokens), ("seq.out", tags), ("label", intents)):
        if content is not None:
            write(folder / name, content)
    return folder


def test_a_folder_of_slots_and_intents_gives_both_and_the_first_of_several_intents(tmp_path):
    examples = read(slots(tmp_path))
    assert examples.columns == {
        "tokens": [["fly", "to", "Rome"], ["how", "much"]],
        "tags": [["O", "O", "B-to"], ["O", "O"]],
        "intent": ["book", "price"],
        "text": ["fly to Rome", "how much"],
    }
    assert examples.notes == ("sentences with several intents, of which the first counts: 1",)
    assert "intent" not in read(slots(tmp_path / "x", intents=None)).columns
    assert list(read(tmp_path, split="unlabelled").columns) == ["tokens", "text"]


@pytest.mark.parametrize("names", [("train", "valid", "test"), ("train", "dev", "test")])
def test_a_folder_with_train_valid_and_test_is_entered_at_the_split(tmp_path, names):
    for name in names:
        slots(tmp_path / name, f"{name}\n", "O\n", "x\n")
    for split, name in zip(("train", "validation", "test"), names, strict=True):
        examples = read(tmp_path, split=split)
        assert examples["tokens"] == [[name]] and examples.name == str(tmp_path / name)
    message = refusal(tmp_path, split="unheard")
    assert f"there is no folder for the split 'unheard'. Received: {', '.join(sorted(names))}." in message


def test_tokens_and_tags_of_different_number_are_said_with_file_and_line(tmp_path):
    message = refusal(slots(tmp_path, tags="O O B-to\nO\n"))
    assert f"{tmp_path / 'seq.out'}, line 2: expected as many tags as seq.in has tokens on" in message
    assert "Received: 1.\nThe tokens: 'how much'; the tags: 'O'." in message


@pytest.mark.parametrize(
    "name, change, count", [("seq.out", {"tags": "O O B-to\n"}, 1), ("label", {"intents": "a\nb\nc\n"}, 3)]
)
def test_files_of_different_length_are_refused(tmp_path, name, change, count):
    message = refusal(slots(tmp_path, **change))
    assert f"{tmp_path / name}: expected as many lines as seq.in has, 2. Received: {count}." in message


def test_empty_sentences_are_left_out_and_counted_and_a_missing_intent_is_said(tmp_path):
    examples = read(slots(tmp_path, "a\n\nb\n", "O\n\nX\n", "one\n\ntwo\n"))
    assert examples["tokens"] == [["a"], ["b"]] and examples["intent"] == ["one", "two"]
    assert examples.skipped == {"empty sentence": 1}
    assert f"{tmp_path / 'label'}, line 2: the label is empty" in refusal(slots(tmp_path, intents="one\n\n"))


def test_folders_of_another_kind_are_refused(tmp_path):
    assert "this folder holds no tagged sentences. Expected: seq.in, seq.out" in refusal(tmp_path)
    assert "Received: an empty folder." in refusal(tmp_path)
    write(tmp_path / "pos" / "1.txt", "a")
    assert "Received: pos." in refusal(tmp_path)
    assert "there is seq.in but no seq.out" in refusal(slots(tmp_path, tags=None))
    message = refusal(slots(tmp_path), tag_column="2")
    assert "has one kind of tags. Received: tag_column='2'." in message


def test_a_tenth_can_be_held_out_of_tagged_sentences_and_a_rare_intent_stays(tmp_path):
    count = 300
    tokens = "".join(f"word{i} x\n" for i in range(count))
    intents = "".join(f"{'rare' + str(i) if i % 5 == 0 else 'often'}\n" for i in range(count))
    train, validation = hold_out(read(slots(tmp_path, tokens, "O B-x\n" * count, intents)))
    assert len(train) + len(validation) == count and 5 < len(validation) < 60
    assert set(train.columns) == set(validation.columns) == {"tokens", "tags", "intent", "text"}
    assert set(validation["intent"]) == {"often"}
