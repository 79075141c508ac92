"""Pairs of sentences from two files, one a language, a sentence a line: `train.en` and `train.de`."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path

from keras_seq.data.examples import Examples, Task
from keras_seq.data.languages import choose_languages
from keras_seq.data.pairs import Pairs
from keras_seq.data.reading import read_lines
from keras_seq.errors import InputError


def languages_beside(prefix: Path) -> list[str]:
    """The endings LANG of the files `PREFIX.LANG`, sorted: those without another dot."""
    if not prefix.name or not os.path.isdir(prefix.parent):
        return []
    start = f"{prefix.name}."
    return sorted(
        entry.name.removeprefix(start)
        for entry in prefix.parent.iterdir()
        if entry.name.startswith(start) and entry.suffix == entry.name[len(prefix.name) :] and entry.is_file()
    )


def read_aligned_files(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read `PATH.LANG` for the two languages: a line of one is translated by the same line of the other.

    Raises:
        InputError: the files have not as many lines; a language is not there, or it is open which is meant.
    """
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    found = choose_languages(task, wanted, languages_beside(path), chosen, f"{path}.*")
    files = [path.with_name(f"{path.name}.{found[column]}") for column in wanted]
    pairs = Pairs(*wanted)
    for number, sentences in enumerate(itertools.zip_longest(*map(read_lines, files)), start=1):
        if None in sentences:
            raise _unpaired(files, number, sentences)
        pairs.add(**dict(zip(wanted, sentences, strict=True)))
    return pairs.examples(str(path), split)


def _unpaired(files: list[Path], number: int, sentences: tuple[str | None, ...]) -> InputError:
    """The first line that one of two files lacks."""
    present = next(place for place, sentence in enumerate(sentences) if sentence is not None)
    counts = ", ".join(f"{file.name} {sum(1 for _ in read_lines(file)):,}" for file in files)
    return InputError(
        f"{files[present]}, line {number}: this line has no partner in {files[1 - present].name}. "
        f"Received: lines {counts}.\n"
        f"It reads {sentences[present][:40]!r}. Expected: as many lines in both, each beside its translation."
    )
