"""Examples from `.jsonl` files: one JSON object a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from keras_seq.data.collecting import Collector
from keras_seq.data.columns import choose_names
from keras_seq.data.examples import Examples, Skipped, Task
from keras_seq.data.reading import EMPTY_LINE, EMPTY_TEXT, as_label, read_lines
from keras_seq.errors import InputError, did_you_mean
from keras_seq.untrusted import parse_json


def read_json_lines(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read texts and labels from objects; a label is a string, a whole number or a boolean."""
    wanted = task.inputs if split == "unlabelled" else tuple(task.columns)
    found = {column: Collector() for column in wanted}
    skipped = Skipped()
    names: dict[str, str] | None = None
    for where, record in json_objects(path, task, skipped):
        if names is None:
            names = choose_names(task, wanted, list(record), chosen, where)
        require_keys(record, names.values(), where)
        text = as_text(record[names["text"]], names["text"], where)
        if not text.strip():
            skipped.add(EMPTY_TEXT)
            continue
        for column, name in names.items():
            value = text if column == "text" else as_label(_scalar(record[name], name, where), where)
            found[column].append(value)
    if not len(found["text"]):
        raise InputError(f"{path}: there are no examples in it (skipped: {dict(skipped)}).")
    columns = {name: column.column() for name, column in found.items()}
    return Examples(columns, str(path), split, skipped)


def json_objects(path: Path, task: Task, skipped: Skipped) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file, each with where it stands, as errors say it; empty lines are counted."""
    for number, line in enumerate(read_lines(path), start=1):
        where = f"{path}, line {number}"
        if line.strip():
            yield where, _object(line, task, where)
        else:
            skipped.add(EMPTY_LINE)


def require_keys(record: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Raise InputError where an object lacks one of the keys that the first one had."""
    for name in names:
        if name not in record:
            raise InputError(f"{where}: there is no {name!r}, unlike before. {did_you_mean(name, record)}")


def _object(line: str, task: Task, where: str) -> dict[str, Any]:
    try:
        record = parse_json(line)
    except ValueError as error:
        raise InputError(f"{where}: this is not JSON: {error}. Received: {line[:60]!r}.") from error
    if not isinstance(record, dict):
        keys = ", ".join(f'"{column}": …' for column in task.columns)
        raise InputError(f"{where}: expected an object {{{keys}}}. Received: {line[:60]}")
    return record


def as_text(value: Any, name: str, where: str) -> str:
    """Return the value of a key; raise InputError where it is no string, or none that can be written."""
    if not isinstance(value, str):
        received = json.dumps(value, ensure_ascii=False)[:60]
        raise InputError(f"{where}: {name!r} must be a string. Received: {received}.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: {name!r} holds half of a surrogate pair, which is no character. Received: "
            f"{value[error.start : error.end]!a}."
        ) from error
    return value


def _scalar(value: Any, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    return as_text(value, name, where)
