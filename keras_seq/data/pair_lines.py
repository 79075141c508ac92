"""Pairs of sentences from `.jsonl` files: one JSON object a line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_seq.data.examples import Examples, Task
from keras_seq.data.json_lines import as_text, json_objects, require_keys
from keras_seq.data.languages import choose_languages, direction_notes, own_order
from keras_seq.data.pairs import Pairs

NESTED = "translation"  # the key under which Hugging Face's data sets have {"en": …, "de": …}


def read_pair_lines(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read `{"source": …, "target": …}`, `{"en": …, "de": …}` or `{"translation": {"en": …, "de": …}}`.

    A null is an empty sentence.
    """
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    pairs = Pairs(*wanted)
    found: dict[str, str] = {}
    for where, record in json_objects(path, task, pairs.skipped):
        sentences = _sentences(record)
        if not found:
            names = [name for name, value in sentences.items() if isinstance(value, str) or value is None]
            order = own_order(task, wanted, names)
            found = choose_languages(task, wanted, names, chosen, where, order)
        require_keys(sentences, found.values(), where)
        pairs.add(**{column: _sentence(sentences, name, where) for column, name in found.items()})
    return pairs.examples(str(path), split, direction_notes(task, found, chosen))


def _sentences(record: dict[str, Any]) -> dict[str, Any]:
    nested = record.get(NESTED)
    return nested if isinstance(nested, dict) else record


def _sentence(sentences: Mapping[str, Any], name: str, where: str) -> str:
    value = sentences[name]
    return "" if value is None else as_text(value, name, where)
