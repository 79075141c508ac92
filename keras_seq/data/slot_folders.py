"""Tagged sentences with intents from folders that hold `seq.in`, `seq.out` and `label`."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from keras_seq.data.examples import Examples, Task
from keras_seq.data.folders import SPLIT_FOLDERS
from keras_seq.data.reading import as_label, read_lines
from keras_seq.data.sentences import Sentences
from keras_seq.errors import InputError

TOKENS, TAGS, INTENTS = "seq.in", "seq.out", "label"


def read_slot_folder(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read a sentence a line: its tokens, their tags, its intent where there is a file `label`.

    A folder that holds `train/`, `valid/` (or `dev/`), `test/` instead of the files is entered at `split`.
    Of several intents, written `one#other`, the first counts; a note says how often.
    """
    folder = path if (path / TOKENS).is_file() else _split_folder(path, split)
    if chosen.get("tags") is not None:
        raise InputError(
            f"{folder}: a folder of {TOKENS} and {TAGS} has one kind of tags. "
            f"Received: tag_column={chosen['tags']!r}."
        )
    labelled = split != "unlabelled"
    if labelled and not (folder / TAGS).is_file():
        raise InputError(f"{folder}: there is {TOKENS} but no {TAGS}. Expected: both, line by line.")
    has_intents = labelled and (folder / INTENTS).is_file()
    names = {"tokens": TOKENS, "tags": TAGS, "intent": INTENTS}
    columns = ("tokens", *(("tags",) if labelled else ()), *(("intent",) if has_intents else ()))
    found = Sentences(*columns, "text")
    several = 0
    for number, line in enumerate(_side_by_side([folder / names[column] for column in columns]), start=1):
        line = dict(zip(columns, line, strict=True))
        sentence: dict = {"tokens": line["tokens"].split(), "text": line["tokens"].strip()}
        if labelled:
            where = f"{folder / TAGS}, line {number}"
            sentence["tags"] = line["tags"].split()
            _check(where, sentence)
        if has_intents and sentence["tokens"]:
            intent = as_label(line["intent"], f"{folder / INTENTS}, line {number}")
            several += "#" in intent
            sentence["intent"] = intent.split("#")[0] or intent
        found.add(**sentence)
    notes = (f"sentences with several intents, of which the first counts: {several:,}",) if several else ()
    return found.examples(str(folder), split, notes)


def _side_by_side(files: list[Path]) -> Iterator[tuple[str, ...]]:
    """The lines of the same number in several files, which have equally many."""
    for lines in zip_longest(*map(read_lines, files)):
        if None in lines:
            count, *others = (sum(1 for _ in read_lines(file)) for file in files)
            file, wrong = next(pair for pair in zip(files[1:], others, strict=True) if pair[1] != count)
            raise InputError(
                f"{file}: expected as many lines as {files[0].name} has, {count:,}. Received: {wrong:,}."
            )
        yield lines


def _check(where: str, sentence: Mapping[str, list[str]]) -> None:
    tokens, tags = sentence["tokens"], sentence["tags"]
    if len(tokens) != len(tags):
        raise InputError(
            f"{where}: expected as many tags as {TOKENS} has tokens on this line, {len(tokens)}. "
            f"Received: {len(tags)}.\n"
            f"The tokens: {' '.join(tokens)[:60]!r}; the tags: {' '.join(tags)[:60]!r}."
        )


def _split_folder(path: Path, split: str) -> Path:
    present = sorted(entry.name for entry in path.iterdir() if (entry / TOKENS).is_file())
    known = [name for names in SPLIT_FOLDERS.values() for name in names]
    wanted = SPLIT_FOLDERS.get(split, (split,))
    for name in wanted:
        if name in present:
            return path / name
    if any(name in known for name in present):
        raise InputError(
            f"{path}: there is no folder for the split {split!r}. Received: {', '.join(present)}.\n"
            f"Expected: {' or '.join(wanted)}, with {TOKENS} and {TAGS} in it."
        )
    entries = ", ".join(sorted(entry.name for entry in path.iterdir())[:6])
    raise InputError(
        f"{path}: this folder holds no tagged sentences. Expected: {TOKENS}, {TAGS} and, with intents, "
        f"{INTENTS}; or train, valid and test folders of that kind.\n"
        f"Received: {entries or 'an empty folder'}."
    )
