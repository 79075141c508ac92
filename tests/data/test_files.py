"""Real files of every kind, and every fault that one can have, with what is said about it."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_seq.data import read_examples
from keras_seq.errors import InputError

ROWS = [
    ("a fine film", "pos"),
    ("dull, and “long”", "neg"),
    ("这部电影很好看", "pos"),
    ("naïve 🎬 \u2028 plot", "neg"),
]
TEXTS = [text for text, _ in ROWS]
LABELS = [label for _, label in ROWS]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        read_examples(path, "sentiment", **options)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3
    return message


def tsv(rows):
    return "".join(f"{text}\t{label}\n" for text, label in rows)


def write_csv(path, rows, header=None):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*([header] if header else []), *rows])
    return path


def jsonl(rows):
    return "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)


# What is read


@pytest.mark.parametrize("header", ["", "text\tlabel\n", "Sentence\tLabel\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_tsv_reads_the_same_with_and_without_header_byte_order_mark_and_carriage_returns(
    tmp_path, header, mark, line_end
):
    path = write(tmp_path / "rows.tsv", mark + (header + tsv(ROWS)).replace("\n", line_end))
    examples = read_examples(path)
    assert examples["text"] == TEXTS
    assert examples["label"] == LABELS
    assert not examples.skipped
    assert examples.split == "train" and examples.name == str(path)


def test_a_last_line_without_a_line_end_is_a_row(tmp_path):
    assert len(read_examples(write(tmp_path / "rows.tsv", tsv(ROWS).rstrip("\n")))) == len(ROWS)


def test_quotation_marks_in_a_tsv_are_text(tmp_path):
    path = write(tmp_path / "rows.tsv", '"a\tpos\nb "c" \'d\tneg\n')
    assert read_examples(path)["text"] == ['"a', 'b "c" \'d']


def test_a_csv_gives_back_what_a_csv_writer_was_given(tmp_path):
    rows = [*ROWS, ('He said "no", twice', "neg"), ("two\nlines, one text", "pos"), ("x" * 300_000, "neg")]
    for header in (None, ("text", "label")):
        examples = read_examples(write_csv(tmp_path / "rows.csv", rows, header))
        assert list(zip(examples["text"], examples["label"], strict=True)) == rows


def test_reading_a_csv_leaves_the_limit_of_the_csv_module_as_it_was(tmp_path):
    before = csv.field_size_limit()
    read_examples(write_csv(tmp_path / "rows.csv", ROWS))
    refusal(write(tmp_path / "bad.csv", '"a"b,pos\n'))
    assert csv.field_size_limit() == before


def test_json_lines_read_whatever_the_order_of_keys_and_label_type(tmp_path):
    lines = [
        '{"label": 1, "text": "a"}',
        '{"text": "b", "label": true}',
        '{"text": "c", "label": 2.0, "id": 7}',
    ]
    examples = read_examples(write(tmp_path / "rows.jsonl", "\n".join(lines)))
    assert examples["text"] == ["a", "b", "c"]
    assert examples["label"] == ["1", "true", "2"]


@pytest.mark.parametrize("suffix", [".TSV", ".Csv", ".JSONL"])
def test_the_extension_may_be_in_capitals(tmp_path, suffix):
    path = tmp_path / f"rows{suffix}"
    content = {".TSV": tsv(ROWS), ".JSONL": jsonl(ROWS)}.get(suffix)
    write(path, content) if content else write_csv(path, ROWS)
    assert read_examples(path)["label"] == LABELS


@pytest.mark.parametrize("separator, suffix", [("\t", ".tsv"), (",", ".csv")])
def test_columns_are_chosen_by_name_or_by_position(tmp_path, separator, suffix):
    lines = [["id", "body", "verdict"], ["1", "a", "pos"], ["2", "b", "neg"]]
    with_header = write(tmp_path / f"named{suffix}", "\n".join(map(separator.join, lines)))
    bare = write(tmp_path / f"bare{suffix}", "\n".join(map(separator.join, lines[1:])))
    named = read_examples(with_header, text_column="body", label_column="verdict")
    for other in (
        read_examples(bare, text_column=1, label_column="2"),
        read_examples(with_header, text_column=1, label_column="verdict"),
        read_examples(with_header, label_column="verdict"),  # "body" is a name that texts have
    ):
        assert other.columns == named.columns == {"text": ["a", "b"], "label": ["pos", "neg"]}


def test_one_given_name_leaves_the_other_column_of_two(tmp_path):
    path = write(tmp_path / "rows.tsv", "verdict\tuttered\npos\ta\nneg\tb\n")
    columns = read_examples(path, label_column="verdict").columns
    assert columns == {"text": ["a", "b"], "label": ["pos", "neg"]}


def test_a_header_with_the_columns_the_other_way_round_is_heeded(tmp_path):
    path = write(tmp_path / "rows.csv", "label,text\npos,a\nneg,b\n")
    assert read_examples(path).columns == {"text": ["a", "b"], "label": ["pos", "neg"]}


def test_a_chinese_header_is_recognised(tmp_path):
    path = write(tmp_path / "rows.csv", "评论,标签\n很好,好评\n很差,差评\n")
    assert read_examples(path)["label"] == ["好评", "差评"]


def test_empty_texts_and_empty_lines_are_left_out_and_counted(tmp_path):
    content = "a\tpos\n\n  \tneg\n\tpos\nb\tneg\n"
    examples = read_examples(write(tmp_path / "rows.tsv", content))
    assert examples["text"] == ["a", "b"]
    assert examples.skipped == {"empty line": 1, "empty text": 2}
    lines = jsonl([("a", "pos"), ("   ", "neg")]) + "\n" + jsonl([("b", "neg")])
    assert read_examples(write(tmp_path / "rows.jsonl", lines)).skipped == {"empty text": 1, "empty line": 1}
    examples = read_examples(write(tmp_path / "rows.csv", 'a,pos\n\n"",neg\nb,neg\n'))
    assert examples.skipped == {"empty line": 1, "empty text": 1}
    assert "skipped 1 (empty text)" in "\n".join(examples.summary())


def test_labels_lose_the_space_around_them_and_texts_keep_theirs(tmp_path):
    examples = read_examples(write(tmp_path / "rows.tsv", " a  b \t pos \nc\tneg\n"))
    assert examples["label"] == ["pos", "neg"] and examples["text"][0] == " a  b "


def test_unlabelled_texts_need_no_label(tmp_path):
    examples = read_examples(write(tmp_path / "rows.tsv", "a\nb\n"), split="unlabelled")
    assert examples.columns == {"text": ["a", "b"]}


def acl(folder, labels=("neg", "pos"), texts=3):
    for label in labels:
        for i in range(texts):
            write(folder / label / f"{i}_7.txt", f"\ufeff{label} text {i}\r\nmore")
    return folder


def test_a_folder_of_label_folders_is_read_in_the_order_of_labels_and_names(tmp_path):
    examples = read_examples(acl(tmp_path / "data"))
    assert examples["label"] == ["neg"] * 3 + ["pos"] * 3
    assert examples["text"] == [f"{label} text {i}\r\nmore" for label in ("neg", "pos") for i in range(3)]


def test_a_folder_with_train_and_test_is_entered_at_the_split(tmp_path):
    acl(tmp_path / "train", texts=2)
    acl(tmp_path / "test", texts=5)
    write(tmp_path / "README.txt", "about")
    assert [len(read_examples(tmp_path, split=split)) for split in ("train", "test")] == [4, 10]
    message = refusal(tmp_path, split="validation")
    assert "no folder for the split 'validation'. Received: test, train." in message
    assert "Expected: validation or valid or val or dev" in message


def test_unsup_and_other_files_are_counted_and_left_out(tmp_path):
    acl(tmp_path / "train", ("neg", "pos", "unsup"), texts=4)
    write(tmp_path / "train" / "urls_pos.txt", "http")
    write(tmp_path / "train" / "pos" / "scan.pdf", b"\0")
    write(tmp_path / "train" / "pos" / ".hidden", b"\0")
    write(tmp_path / "train" / "neg" / "9.txt", "")
    examples = read_examples(tmp_path)
    assert examples.classes() == ["neg", "pos"] and len(examples) == 8
    assert examples.skipped == {"empty text": 1, "no label: folder unsup": 4, "not a .txt file": 1}
    unlabelled = read_examples(tmp_path, split="unlabelled")
    assert list(unlabelled.columns) == ["text"] and len(unlabelled) == 4


# What is refused


def test_a_missing_file_is_said_with_the_nearest_name(tmp_path):
    write(tmp_path / "reviews.tsv", tsv(ROWS))
    assert "there is no such file or folder. Did you mean 'reviews.tsv'?" in refusal(tmp_path / "review.tsv")
    assert f"Nor is there a folder {tmp_path / 'nowhere'}." in refusal(tmp_path / "nowhere" / "a.tsv")
    assert "no such file" in refusal("\0.tsv") and "no such file" in refusal("x" * 5000)


@pytest.mark.parametrize("name", ["notes.txt", "rows.xlsx", "rows"])
def test_an_unknown_kind_of_file_is_told_what_is_read(tmp_path, name):
    message = refusal(write(tmp_path / name, tsv(ROWS)))
    assert "does not read files of this kind" in message
    assert "Expected: .tsv, .csv, .jsonl, a folder of label-named folders of .txt files." in message


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_file_is_refused(tmp_path, suffix, content):
    assert refusal(write(tmp_path / f"rows{suffix}", content)).endswith("the file is empty.")


def test_a_file_without_usable_rows_is_refused_with_the_reasons(tmp_path):
    assert refusal(write(tmp_path / "a.tsv", "text\tlabel\n")).endswith("there are no examples in it.")
    message = refusal(write(tmp_path / "b.tsv", " \tpos\n\tneg\n"))
    assert message.endswith("there are no examples in it (skipped: 2 with empty text).")
    assert "no examples in it" in refusal(write(tmp_path / "c.jsonl", '{"text": "", "label": "a"}'))


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_bytes_that_are_not_utf8_are_said_with_line_and_byte(tmp_path, suffix):
    content = b"\xef\xbb\xbfa fine film\tpos\r\nd\xc3\xa9j\xe0 vu\tneg\r\n"
    message = refusal(write(tmp_path / f"rows{suffix}", content))
    assert f"rows{suffix}, line 2, byte 5: this is not UTF-8. Received: 0xe0." in message
    assert "line 1, byte 4:" in refusal(write(tmp_path / f"cut{suffix}", "abc好".encode()[:-1]))


def test_binary_junk_and_utf16_are_refused(tmp_path):
    assert "line 2: this is binary data" in refusal(write(tmp_path / "a.tsv", b"ab\tc\nd\0e\tf\n"))
    wide = write(tmp_path / "b.csv", tsv(ROWS).encode("utf-16"))
    assert "the text is UTF-16. Expected: UTF-8." in refusal(wide)
    acl(tmp_path / "folder")
    write(tmp_path / "folder" / "pos" / "5.txt", b"\xff oh")
    assert "5.txt, line 1, byte 1: this is not UTF-8. Received: 0xff." in refusal(tmp_path / "folder")


def test_a_row_with_another_number_of_columns_is_said_with_both_numbers(tmp_path):
    message = refusal(write(tmp_path / "rows.tsv", "a\tpos\n\nonly a text\n"))
    assert "rows.tsv, line 3: too few columns. Expected: 2, as in the first row. Received: 1." in message
    assert "separated by tabs" in message
    message = refusal(write(tmp_path / "rows.csv", 'text,label\n"two\nlines",pos\nwell, no,neg\n'))
    assert "rows.csv, line 4: too many columns. Expected: 2, as in the first row. Received: 3." in message
    assert 'a text with commas stands in "…"' in message
    message = refusal(write(tmp_path / "one.tsv", "only texts\nhere\n"))
    assert "one.tsv, line 1: too few columns. Expected: 2 (text, label). Received: 1." in message


def test_quotation_marks_out_of_order_are_said_with_the_line_of_the_row(tmp_path):
    message = refusal(write(tmp_path / "rows.csv", 'a,pos\n"never closed,neg\nb,pos\n'))
    assert "rows.csv, line 2: the quotation marks are not in order" in message
    assert "line 1: the quotation marks" in refusal(write(tmp_path / "rows.csv", '"a"b,pos\n'))


def test_an_empty_label_is_said_with_its_line(tmp_path):
    assert "line 2: the label is empty." in refusal(write(tmp_path / "a.tsv", "a\tpos\nb\t \n"))
    assert "line 2: the label is empty." in refusal(write(tmp_path / "b.csv", "a,pos\nb,\n"))
    lines = jsonl([("a", "pos"), ("b", None)])
    assert "line 2: the label is empty." in refusal(write(tmp_path / "c.jsonl", lines))


def test_a_label_of_two_lines_is_refused(tmp_path):
    assert "line 1: the label holds a line break" in refusal(write(tmp_path / "a.csv", 'a,"x\ny"\n'))


def test_a_missing_column_is_said_with_the_nearest_names(tmp_path):
    path = write(tmp_path / "rows.csv", "review,sentiment\na,pos\n")
    message = refusal(path, text_column="reviews")
    assert "rows.csv, line 1: there is no column 'reviews'. Did you mean 'review'?" in message
    assert "there is no column 7. Expected: 0 to 1, or a name." in refusal(path, label_column=7)
    message = refusal(write(tmp_path / "rows.jsonl", '{"text": "a", "lable": 1, "id": 3}\n'))
    assert "no column is recognised as the label. Received: columns 'text', 'lable', 'id'." in message
    message = refusal(write(tmp_path / "late.jsonl", jsonl([("a", "x")]) + '{"txt": "b", "label": "y"}'))
    assert "late.jsonl, line 2: there is no 'text', unlike before. Did you mean 'txt'?" in message
    assert "Unknown option 'lable_column'" in refusal(path, lable_column="x")


def test_three_columns_without_a_header_ask_which_is_which(tmp_path):
    message = refusal(write(tmp_path / "rows.tsv", "1\ta\tpos\n2\tb\tneg\n"))
    assert "3 columns and no header with known names: which is the text?" in message
    assert "--text-column, --label-column" in message


def test_a_header_of_unknown_names_is_not_taken_for_an_example(tmp_path):
    rows = [("uttered", "verdict"), *[(f"text {i}", ("pos", "neg")[i % 2]) for i in range(30)]]
    path = write(tmp_path / "rows.tsv", tsv(rows))
    assert "the first row looks like a header" in refusal(path)
    assert len(read_examples(path, text_column="uttered", label_column="verdict")) == 30
    assert len(read_examples(path, text_column=0, label_column=1)) == 31


@pytest.mark.parametrize(
    "line, said",
    [
        ('{"text": "a"', "line 2: this is not JSON: Expecting ',' delimiter."),
        ("not json", "line 2: this is not JSON: Expecting value."),
        ("[" * 100_000, "line 2: this is not JSON"),
        ('["a", "pos"]', 'line 2: expected an object {"text": …, "label": …}. Received: ["a", "pos"]'),
        ('{"text": 3, "label": "pos"}', "line 2: 'text' must be a string. Received: 3."),
        ('{"text": null, "label": "pos"}', "line 2: 'text' must be a string. Received: null."),
        ('{"text": "a", "label": [1]}', "line 2: 'label' must be a string. Received: [1]."),
        ('{"text": "a\\ud800", "label": "b"}', "line 2: 'text' holds half of a surrogate pair"),
    ],
)
def test_a_bad_json_line_is_said_with_its_line(tmp_path, line, said):
    assert said in refusal(write(tmp_path / "rows.jsonl", jsonl(ROWS[:1]) + line + "\n"))


def test_a_folder_without_label_folders_is_told_what_was_expected(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "this folder holds no examples. Expected: one subfolder a label" in refusal(tmp_path / "empty")
    assert "Received: no subfolders." in refusal(tmp_path / "empty")
    (tmp_path / "odd" / "stuff").mkdir(parents=True)
    assert "Received: folders stuff." in refusal(tmp_path / "odd")
    (tmp_path / "rows.tsv").mkdir()
    assert "this folder holds no examples" in refusal(tmp_path / "rows.tsv")


def test_an_unknown_task_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="There is no task 'sentimnet'. Did you mean 'sentiment'?"):
        read_examples(tmp_path, "sentimnet")


JUNK = st.binary(max_size=60) | st.text(alphabet='a"\t,\n\r{}:[] é好\0\ufeff', max_size=60).map(str.encode)


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
@given(junk=JUNK)
def test_whatever_a_file_holds_it_is_read_or_refused_in_three_lines(tmp_path_factory, suffix, junk):
    path = write(tmp_path_factory.getbasetemp() / f"junk{suffix}", junk)
    try:
        examples = read_examples(path)
    except InputError as error:
        assert str(error).startswith(str(path)) and len(str(error).splitlines()) <= 3
    else:
        assert len(examples["text"]) == len(examples["label"]) > 0
        assert all(text.strip() for text in examples["text"]) and all(examples["label"])
