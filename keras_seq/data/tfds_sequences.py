"""Tokens and tags from the features of a TFDS set: sequences of strings and of classes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from keras_seq.data.collecting import Collector
from keras_seq.data.columns import choose_names
from keras_seq.data.examples import Skipped, Task
from keras_seq.data.sentences import EMPTY_SENTENCE
from keras_seq.data.tfds_features import BATCH, Features, columns_of, is_class, kind, leaves, speller
from keras_seq.data.tfds_texts import NO_LABEL, by_name
from keras_seq.errors import InputError
from keras_seq.progress import now

HEAD, NO_HEAD = "head", ("None", "_", "")  # of Universal Dependencies
NO_WORD = "multiword range or empty node: no word"


def choose_features(
    name: str, task: Task, wanted: tuple[str, ...], builder: Any, chosen: Mapping[str, str | None]
) -> Features:
    """Find the tokens, a sequence of strings, and the tags, a sequence of classes, of strings or numbers.

    Raises:
        InputError: there are none, it is open which, or the chosen ones do not fit.
    """
    sequences = {
        path: leaf.feature
        for path, leaf in leaves(builder.info.features)
        if hasattr(leaf, "feature") and kind(leaf.feature) is not None
    }
    strings = [path for path, leaf in sequences.items() if kind(leaf) == "text"]
    found: Features = {}
    for column in wanted:
        if chosen.get(column) is not None:
            if not sequences:
                raise InputError(f"{name} does not fit {task.name}: none of its features is a sequence.")
            path = choose_names(task, (column,), list(sequences), chosen, name)[column]
        elif column == "tokens":
            path = strings[0] if len(strings) == 1 else by_name(name, task, column, strings)
        else:
            others = [path for path in sequences if path != found["tokens"][0]]
            classes = [path for path in others if is_class(sequences[path])]
            path = classes[0] if len(classes) == 1 else by_name(name, task, column, others)
        found[column] = (path, sequences[path])
    return found


def read(
    name: str, builder: Any, source: str, features: Features, belongs: Callable[[str], bool]
) -> tuple[dict[str, Sequence], Skipped]:
    """Read the sentences of the set's split `source` that belong to ours.

    Universal Dependencies, as TFDS has them, hold multiword ranges beside their words, and empty nodes:
    what has no head is not a word, and is left out.

    Returns:
        The columns, and what was left out: empty sentences, hidden tags, tokens that are no words.

    Raises:
        InputError: a sentence has not as many tags as tokens.
    """
    columns = {column: Collector() for column in features}
    skipped = Skipped()
    others = dict(leaves(builder.info.features))
    if {"head", "deprel"} <= set(others):
        features = {**features, HEAD: ("head", others["head"].feature)}
    for number, row in enumerate(_rows(builder, source, features)):
        if not belongs(" ".join(row["tokens"])):
            continue
        lengths = {features[column][0]: len(value) for column, value in row.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                f"{name}: example {number} of its split {source!r} has not as many tags as tokens.\n"
                f"Received: {lengths}."
            )
        heads = row.pop(HEAD, row["tokens"])
        words = [place for place, head in enumerate(heads) if head not in NO_HEAD or HEAD not in features]
        if len(words) < len(heads):
            skipped.add(NO_WORD, len(heads) - len(words))
        if not words:
            skipped.add(EMPTY_SENTENCE)
        elif "" in row.get("tags", ()):
            skipped.add(NO_LABEL)
        else:
            for column, value in row.items():
                columns[column].append([value[place] for place in words])
    return {name: column.column() for name, column in columns.items()}, skipped


def _rows(builder: Any, source: str, features: Features) -> Iterator[dict[str, list[str]]]:
    spell = {column: speller(feature) for column, (_, feature) in features.items()}
    now().more(builder.info.splits[source].num_examples)
    for batch in columns_of(builder, source, features).ragged_batch(BATCH).as_numpy_iterator():
        now().step(BATCH)
        lists = {column: [value.tolist() for value in values] for column, values in batch.items()}
        for values in zip(*lists.values(), strict=True):
            yield {
                column: [spell[column](item) for item in value]
                for column, value in zip(lists, values, strict=True)
            }
