"""Examples from a person's own files and folders.

| task | what | how it is read |
|---|---|---|
| sentiment | `.tsv` | one row a line, columns between tabs; quotation marks are part of the text |
| | `.csv` | RFC 4180: commas; a quoted field may hold commas, doubled quotes and line breaks |
| | `.jsonl` | one JSON object a line |
| | folder | one subfolder a label, one `.txt` file an example; or `train/`, `test/` … folders of that kind |
| tagging | `.conllu` | ten columns of Universal Dependencies |
| | `.conll` `.bio` `.iob` `.txt` `.tsv` | one token a line, tags beside it, an empty line after a sentence |
| | folder | `seq.in`, `seq.out`, `label`, a sentence a line; or `train/`, `valid/`, `test/` of that kind |
| translation | PREFIX | `PREFIX.en` and `PREFIX.de`, a sentence a line; the languages are chosen |
| | `.tsv` `.txt` `.csv` | a pair a row: the first two columns, or two chosen by name or position |
| | `.jsonl` | `{"source": …, "target": …}`, `{"en": …, "de": …}`, either inside `{"translation": …}` |

Text is UTF-8, with or without a byte order mark, with \\n or \\r\\n. It stays as it is: nothing is cleaned.
Files may be larger than the memory: they are read line by line, and large columns lie on the disk.
"""

import os
from collections.abc import Callable
from pathlib import Path

from keras_seq.data.aligned_files import languages_beside, read_aligned_files
from keras_seq.data.columns import chosen_columns
from keras_seq.data.conllu import read_conllu
from keras_seq.data.examples import Examples, get_task
from keras_seq.data.folders import read_label_folders
from keras_seq.data.json_lines import read_json_lines
from keras_seq.data.pair_lines import read_pair_lines
from keras_seq.data.pair_tables import read_pair_table
from keras_seq.data.slot_folders import read_slot_folder
from keras_seq.data.tables import read_table
from keras_seq.data.tag_columns import read_tag_columns
from keras_seq.errors import InputError, did_you_mean
from keras_seq.progress import following

FOLDERS = {  # what a folder must be
    "sentiment": "a folder of label-named folders of .txt files",
    "tagging": "a folder of seq.in, seq.out and label",
}
PREFIX = "the PREFIX of files PREFIX.LANG, one a language"
READERS: dict[str, dict[str, Callable[..., Examples]]] = {
    "sentiment": {
        ".tsv": read_table,
        ".csv": read_table,
        ".jsonl": read_json_lines,
        FOLDERS["sentiment"]: read_label_folders,
    },
    "tagging": {
        ".conllu": read_conllu,
        **dict.fromkeys((".conll", ".bio", ".iob", ".txt", ".tsv"), read_tag_columns),
        FOLDERS["tagging"]: read_slot_folder,
    },
    "translation": {
        **dict.fromkeys((".tsv", ".txt", ".csv"), read_pair_table),
        ".jsonl": read_pair_lines,
        PREFIX: read_aligned_files,
    },
}


def read_examples(path: str | os.PathLike, task: str = "sentiment", split: str = "train",
                  **columns: str | int | None) -> Examples:  # fmt: skip
    """Read the examples in a file or folder, which is recognised by what it is.

    Args:
        path: a file or folder of a kind that the table above has for the task.
        task: the task they are for.
        split: what they will serve as; in a folder with `train/` and `test/` it says which of them is read.
            "unlabelled" reads texts alone.
        **columns: for sentiment `text_column=`, `label_column=`: a name, or a position from 0 (a number).
            Without them a first row with known names ("text", "review", … and "label", "sentiment", …) is
            a header, and two columns without one are text, label. For tagging `tag_column=`: in CoNLL-U
            "upos", "xpos", …, or a key of feats or misc; in column files a position from 0, the token.
            For translation `source_language=`, `target_language=`: the LANG of two files, the name of a
            column or key, or a column's position from 0.

    Returns:
        The examples. Rows with an empty text and empty sentences are left out and counted in `skipped`.

    Raises:
        InputError: with file, line, what was expected and what was found.

    Example:
        `read_examples("reviews.tsv")`, `read_examples("aclImdb", split="test")`,
        `read_examples("tweets.csv", text_column="tweet", label_column=3)`,
        `read_examples("en_ewt-ud-train.conllu", "tagging", tag_column="xpos")`,
        `read_examples("multi30k/train", "translation", source_language="en", target_language="de")`
    """
    path = Path(path)
    needs = get_task(task)
    chosen = chosen_columns(needs, columns)
    readers = READERS[task]
    kind = _kind(path, task)
    if kind not in readers:
        raise InputError(
            f"{path}: {task} does not read files of this kind. Received: {kind or 'no extension'}.\n"
            f"Expected: {', '.join(readers)}."
        )
    try:
        with following(f"reading {path}"):
            return readers[kind](path, needs, split, chosen)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read: {error.strerror}.") from error


def _kind(path: Path, task: str) -> str:
    """What stands at a path: the extension of a file in small letters, or what a folder or prefix must be."""
    readers, suffix = READERS[task], path.suffix.lower()
    if os.path.isfile(path) and suffix in readers:
        return suffix
    if PREFIX in readers and languages_beside(path):
        return PREFIX
    if os.path.isdir(path):
        return FOLDERS.get(task, "a folder")
    if os.path.exists(path):
        return suffix
    raise InputError(f"{path}: there is no such file or folder. {_beside(path)}".rstrip())


def _beside(path: Path) -> str:
    """What a person may have meant, from what stands in the same folder."""
    if not os.path.isdir(path.parent):
        return f"Nor is there a folder {path.parent}."
    offered = did_you_mean(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    return offered if offered.startswith("Did") else ""
