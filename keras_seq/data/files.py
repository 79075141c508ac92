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

Text is UTF-8, with or without a byte order mark, with \\n or \\r\\n. It stays as it is: nothing is cleaned.
"""

import os
from collections.abc import Callable
from pathlib import Path

from keras_seq.data.columns import chosen_columns
from keras_seq.data.conllu import read_conllu
from keras_seq.data.examples import Examples, get_task
from keras_seq.data.folders import read_label_folders
from keras_seq.data.json_lines import read_json_lines
from keras_seq.data.slot_folders import read_slot_folder
from keras_seq.data.tables import read_table
from keras_seq.data.tag_columns import read_tag_columns
from keras_seq.errors import InputError, did_you_mean

FOLDERS = {  # what a folder must be
    "sentiment": "a folder of label-named folders of .txt files",
    "tagging": "a folder of seq.in, seq.out and label",
}
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

    Returns:
        The examples. Rows with an empty text and empty sentences are left out and counted in `skipped`.

    Raises:
        InputError: with file, line, what was expected and what was found.

    Example:
        `read_examples("reviews.tsv")`, `read_examples("aclImdb", split="test")`,
        `read_examples("tweets.csv", text_column="tweet", label_column=3)`,
        `read_examples("en_ewt-ud-train.conllu", "tagging", tag_column="xpos")`
    """
    path = Path(path)
    needs = get_task(task)
    chosen = chosen_columns(needs, columns)
    readers = READERS[task]
    if os.path.isdir(path):
        kind = FOLDERS[task]
    elif os.path.exists(path):
        kind = path.suffix.lower()
    else:
        raise InputError(f"{path}: there is no such file or folder. {_beside(path)}".rstrip())
    if kind not in readers:
        raise InputError(
            f"{path}: {task} does not read files of this kind. Received: {kind or 'no extension'}.\n"
            f"Expected: {', '.join(readers)}."
        )
    try:
        return readers[kind](path, needs, split, chosen)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read: {error.strerror}.") from error


def _beside(path: Path) -> str:
    """What a person may have meant, from what stands in the same folder."""
    if not os.path.isdir(path.parent):
        return f"Nor is there a folder {path.parent}."
    offered = did_you_mean(path.name, sorted(entry.name for entry in path.parent.iterdir()))
    return offered if offered.startswith("Did") else ""
