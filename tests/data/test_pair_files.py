"""Pairs of sentences from real files of every kind, and every fault that one can have, with what is said."""

import json

import pytest

from keras_seq.data import hold_out, read_examples
from keras_seq.data.files import PREFIX
from keras_seq.errors import InputError

PAIRS = [
    ("A dog runs.", "Ein Hund läuft."),
    ("“Stop”, she said", "住手！"),
    ("cafe\u0301 \u2028 not NFC", "  naïve 🎬"),
]
SOURCES = [source for source, _ in PAIRS]
TARGETS = [target for _, target in PAIRS]
COLUMNS = {"source": SOURCES, "target": TARGETS}


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def write_sides(folder, *, name="train", **sides):
    for language, content in sides.items():
        write(folder / f"{name}.{language}", content)
    return folder / name


def lines(sentences):
    return "".join(f"{sentence}\n" for sentence in sentences)


def table(rows, separator="\t"):
    return "".join(separator.join(row) + "\n" for row in rows)


def read(path, **options):
    return read_examples(path, "translation", **options)


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3 and str(path) in message
    return message


# Two files, one a language


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_two_files_are_read_line_beside_line_and_stay_as_they_are(tmp_path, line_end, mark):
    sides = {"en": mark + lines(SOURCES).replace("\n", line_end), "de": lines(TARGETS)}
    examples = read(write_sides(tmp_path, **sides), source_language="en", target_language="de")
    assert examples.columns == COLUMNS
    assert examples.name == str(tmp_path / "train") and not examples.skipped and not examples.notes


def test_the_languages_say_which_way_and_the_one_that_is_left_over_is_the_other(tmp_path):
    prefix = write_sides(tmp_path, en=lines(SOURCES), de=lines(TARGETS))
    write(tmp_path / "train.lower.en", "not meant")
    write(tmp_path / "trainer.fr", "not meant")
    (tmp_path / "train.it").mkdir()
    swapped = {"source": TARGETS, "target": SOURCES}
    assert read(prefix, source_language="de").columns == swapped
    assert read(prefix, target_language="en").columns == swapped
    assert read(prefix, split="unlabelled", source_language="en").columns == {"source": SOURCES}


def test_a_prefix_may_be_the_name_of_a_folder_or_hold_dots(tmp_path):
    prefix = write_sides(tmp_path, name="train.lower", en=lines(SOURCES), de=lines(TARGETS))
    prefix.mkdir()
    assert read(prefix, source_language="en").columns == COLUMNS


def test_empty_lines_on_one_side_or_both_are_left_out_and_counted(tmp_path):
    prefix = write_sides(tmp_path, en="a\n\n\n b\n \nc\n", de="A\n\nB\n\t\nC\nD\n")
    examples = read(prefix, source_language="en")
    assert examples.columns == {"source": ["a", "c"], "target": ["A", "D"]}
    assert examples.skipped == {"empty line": 1, "empty source": 2, "empty target": 1}


@pytest.mark.parametrize("short, long", [("en", "de"), ("de", "en")])
def test_sides_of_different_length_are_refused_with_the_first_line_that_has_no_partner(tmp_path, short, long):
    prefix = write_sides(tmp_path, **{short: "a\nb\n", long: "1\n2\n3\n4\n5\n"})
    message = refusal(prefix, source_language="en")
    assert f"train.{long}, line 3: this line has no partner in train.{short}." in message
    assert f"train.{short} 2" in message and f"train.{long} 5" in message and "It reads '3'." in message


def test_a_language_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    prefix = write_sides(tmp_path, en="a\n", de="A\n", cs="á\n")
    message = refusal(prefix, source_language="en", target_language="fr")
    assert "there is no language 'fr', as --target-language says. There are: cs, de, en." in message
    message = refusal(prefix, source_language="en")
    assert "it is open which language is the source and which the target. There are: cs, de, en." in message
    assert message.endswith("Say it with --source-language and --target-language.")
    message = refusal(prefix, source_language="en", target_language="en")
    assert "source and target are the same language. Received: 'en'." in message


def test_which_of_two_files_is_the_source_is_not_guessed(tmp_path):
    assert "open which language is the source" in refusal(write_sides(tmp_path, en="a\n", de="A\n"))


def test_files_that_are_no_pairs_are_answered_with_those_that_are_read(tmp_path):
    prefix = write_sides(tmp_path, en="a\n", de="A\n")
    for path, received in ((tmp_path / "train.en", ".en"), (tmp_path, "a folder")):
        message = refusal(path, source_language="en")
        assert f"translation does not read files of this kind. Received: {received}." in message
        assert f".tsv, .txt, .csv, .jsonl, {PREFIX}" in message
    assert "no such file or folder. Did you mean 'train." in refusal(prefix.with_name("trian"))
    assert "there is no such file" in refusal(tmp_path / ("x" * 300))


def test_damage_is_said_with_the_file_it_is_in(tmp_path):
    prefix = write_sides(tmp_path, en="a\nb\n", de=b"A\n\xff\n")
    assert "train.de, line 2, byte 1: this is not UTF-8" in refusal(prefix, source_language="en")
    prefix = write_sides(tmp_path, name="empty", en="a\n", de="")
    assert "empty.de: the file is empty." in refusal(prefix, source_language="en")
    prefix = write_sides(tmp_path, name="half", en="a\n \n", de=" \nb\n")
    message = refusal(prefix, source_language="en")
    assert "there are no sentences in it (skipped: 1 × empty target, 1 × empty source)" in message


# Tables


@pytest.mark.parametrize("ending", [".tsv", ".txt", ".TSV"])
@pytest.mark.parametrize("header", ["", "source\ttarget\n", "Source\tTranslation\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_reads_the_same_with_and_without_a_header(tmp_path, ending, header, line_end, mark):
    content = mark + (header + table(PAIRS)).replace("\n", line_end)
    examples = read(write(tmp_path / f"pairs{ending}", content))
    assert examples.columns == COLUMNS and not examples.notes


def test_a_csv_may_hold_commas_and_quotes(tmp_path):
    examples = read(write(tmp_path / "pairs.csv", 'en,zh\n"Yes, ""so""",是\n'))
    assert examples.columns == {"source": ['Yes, "so"'], "target": ["是"]}


def test_further_columns_such_as_the_attribution_are_not_read(tmp_path):
    rows = [(*pair, "CC-BY 2.0 (France) Attribution: #1 & #2") for pair in PAIRS]
    assert read(write(tmp_path / "cmn.txt", table(rows))).columns == COLUMNS


def test_columns_are_chosen_by_name_or_by_position(tmp_path):
    rows = [("1", "好", "good", "x"), ("2", "坏", "bad", "x")]
    named = write(tmp_path / "named.tsv", table([("id", "Chinese", "en", "by"), *rows]))
    bare = write(tmp_path / "bare.tsv", table(rows))
    expected = {"source": ["good", "bad"], "target": ["好", "坏"]}
    assert read(named, source_language="en", target_language="Chinese").columns == expected
    assert read(named, source_language=2, target_language="Chinese").columns == expected
    assert read(named, source_language="2", target_language="1").columns == expected
    assert read(bare, source_language="2", target_language=1).columns == expected
    two = write(tmp_path / "two.tsv", table([("好", "good")]))
    assert read(two, source_language=1).columns == {"source": ["good"], "target": ["好"]}


def test_a_header_of_languages_is_read_from_the_first_into_the_second_and_this_is_said(tmp_path):
    path = write(tmp_path / "pairs.tsv", table([("n", "zh-CN", "en_GB"), ("1", "好", "good")]))
    examples = read(path)
    assert examples.columns == {"source": ["好"], "target": ["good"]}
    assert examples.notes == (
        "translated from 'zh-CN' into 'en_GB'; the other way round with --source-language and "
        "--target-language",
    )
    assert not read(path, source_language="en_GB", target_language="zh-CN").notes


def test_a_sentence_is_not_mistaken_for_a_header(tmp_path):
    for row in (("Hi.", "嗨。"), ("En", "Von"), ("source", "Quelle"), ("en", "en")):
        assert len(read(write(tmp_path / "pairs.tsv", table([row, ("a", "b")])))) == 2


def test_a_name_where_the_columns_have_none_is_refused(tmp_path):
    path = write(tmp_path / "cmn.txt", table(PAIRS))
    message = refusal(path, source_language="en", target_language="zh")
    assert "line 1, which names no columns: there is no column 'en'" in message
    assert "There are: 0, 1." in message
    assert "there is no column '2'" in refusal(path, source_language="2")
    wide = write(tmp_path / "wide.tsv", table([("a", "b", "c")]))
    assert "open which column" in refusal(wide, source_language="1")


def test_numbers_in_the_place_of_sentences_are_noticed(tmp_path):
    path = write(tmp_path / "links.tsv", table([("1276", "Let's try.", "77", "Essayons.")]))
    message = refusal(path)
    assert "expected sentences in the first columns. Received: '1276', \"Let's try.\"." in message
    chosen = read(path, source_language=1, target_language=3)
    assert chosen.columns == {"source": ["Let's try."], "target": ["Essayons."]}


def test_rows_of_another_width_are_said_with_their_line(tmp_path):
    message = refusal(write(tmp_path / "a.tsv", "a\tA\n\nb\n"))
    assert "line 3: too few columns. Expected: 2, as in the first row. Received: 1." in message
    message = refusal(write(tmp_path / "b.tsv", "just a text\n"))
    assert "line 1: too few columns. Expected: source and target. Received: 1." in message
    assert "separated by tabs" in message


def test_empty_cells_are_left_out_and_counted(tmp_path):
    examples = read(write(tmp_path / "a.tsv", "a\tA\n \tB\nc\t\n\t\n\nd\tD\n"))
    assert examples.columns == {"source": ["a", "d"], "target": ["A", "D"]}
    assert examples.skipped == {"empty source": 1, "empty target": 1, "empty line": 2}


def test_sources_alone_are_read_as_unlabelled(tmp_path):
    for content in ("a\nb\n", "source\na\nb\n", "a\tA\nb\tB\n"):
        examples = read(write(tmp_path / "a.tsv", content), split="unlabelled")
        assert examples.columns == {"source": ["a", "b"]}
    assert read(write(tmp_path / "a.jsonl", '{"source": "a"}\n'), split="unlabelled")["source"] == ["a"]


# JSON lines


def jsonl(path, records):
    return write(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


@pytest.mark.parametrize(
    "record",
    [
        lambda source, target: {"id": 3, "target": target, "source": source},
        lambda source, target: {"src": source, "translation": target, "by": "x"},
        lambda source, target: {"en": source, "de": target, "score": 0.5},
        lambda source, target: {"id": "7", "en": source, "de": target},
        lambda source, target: {"id": "7", "translation": {"en": source, "de": target}},
        lambda source, target: {"translation": {"source": source, "target": target}},
        lambda source, target: {"question": source, "answer": target},
    ],
)
def test_objects_are_read_by_known_keys_languages_or_their_order(tmp_path, record):
    path = jsonl(tmp_path / "pairs.jsonl", [record(*pair) for pair in PAIRS])
    assert read(path).columns == COLUMNS


def test_the_languages_of_objects_are_chosen_and_a_direction_that_was_not_is_said(tmp_path):
    records = [{"translation": {"en": "a", "de": "A", "cs": "á"}}]
    path = jsonl(tmp_path / "three.jsonl", records)
    assert read(path, source_language="cs", target_language="en")["target"] == ["a"]
    assert "open which language is the source" in refusal(path)
    message = refusal(path, source_language="fr", target_language="en")
    assert "line 1: there is no language 'fr', as --source-language says. There are: en, de, cs." in message
    two = jsonl(tmp_path / "two.jsonl", [{"translation": {"en": "a", "de": "A"}}])
    assert "translated from 'en' into 'de'" in read(two).notes[0]
    assert not read(two, source_language="de").notes
    assert not read(jsonl(tmp_path / "known.jsonl", [{"source": "a", "target": "A"}])).notes


def test_empty_and_null_sentences_are_left_out_and_counted(tmp_path):
    records = [{"en": "a", "de": "A"}, {"en": None, "de": "B"}, {"en": "c", "de": " "}]
    examples = read(jsonl(tmp_path / "a.jsonl", records))
    assert examples["source"] == ["a"] and examples.skipped == {"empty source": 1, "empty target": 1}


@pytest.mark.parametrize(
    "line, expected",
    [
        ("{", "line 2: this is not JSON"),
        ("[1]", 'line 2: expected an object {"source": …, "target": …}. Received: [1]'),
        ('{"en": "b"}', "line 2: there is no 'de', unlike before."),
        ('{"en": "b", "de": 0}', "line 2: 'de' must be a string. Received: 0."),
        ('{"en": "b", "de": ["B"]}', "line 2: 'de' must be a string."),
        ('{"en": "\\ud800", "de": "B"}', "line 2: 'en' holds half of a surrogate pair"),
    ],
)
def test_a_damaged_object_is_said_with_its_line(tmp_path, line, expected):
    path = write(tmp_path / "a.jsonl", f'{{"en": "a", "de": "A"}}\n{line}\n')
    assert expected in refusal(path, source_language="en", target_language="de")


def test_objects_without_two_sentences_are_refused(tmp_path):
    message = refusal(jsonl(tmp_path / "a.jsonl", [{"text": "a", "label": 1}]))
    assert "open which language" in message and "There are: text." in message


# Whatever they come from


def test_holding_out_keeps_all_translations_of_a_sentence_on_one_side(tmp_path):
    pairs = [(f"sentence {i % 200}", f"Satz {i}") for i in range(600)]
    pairs += [(f"Sentence  {i}", "noch einer") for i in range(200)]  # the same but for case and spacing
    examples = read(write(tmp_path / "a.tsv", table(pairs)))
    sides = [list(zip(*side.columns.values(), strict=True)) for side in hold_out(examples)]
    assert sorted(sides[0] + sides[1]) == sorted(pairs) and 0 < len(sides[1]) < 200
    numbers = [{source.split()[1] for source, _ in side} for side in sides]
    assert not numbers[0] & numbers[1]
