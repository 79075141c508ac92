"""Examples as named columns, and the tasks that say which columns they need."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from keras_seq.data.collecting import choose
from keras_seq.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Task:
    """What one task needs of its examples.

    Attributes:
        name: the name of the task.
        columns: column name -> the names under which files and data sets carry it, the likeliest first.
        inputs: the columns that examples without an answer have too.
        optional: further columns that some examples have, in the order in which they follow the others.
        sequences: the columns that hold a list of strings an example, all equally long within an example.
        options: what a person calls the choice of a column -> that column; COLUMN_column unless stated.
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    optional: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sequences: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        if not self.options:
            object.__setattr__(self, "options", {f"{column}_column": column for column in self.columns})

    def flag(self, column: str) -> str:
        """The command line's word for the choice of a column: "--text-column"."""
        option = next(option for option, chosen in self.options.items() if chosen == column)
        return f"--{option.replace('_', '-')}"


TASKS = {
    task.name: task
    for task in (
        Task(
            name="sentiment",
            columns={
                "text": (
                    "text", "sentence", "review", "content", "review_body", "comment", "tweet", "document",
                    "body", "文本", "内容", "评论", "句子",
                ),
                "label": (
                    "label", "sentiment", "class", "category", "polarity", "target", "rating", "stars",
                    "star_rating", "标签", "情感", "类别",
                ),
            },
            inputs=("text",),
        ),
        Task(
            name="tagging",
            columns={
                "tokens": ("tokens", "words", "token", "word", "forms", "form", "词", "字"),
                "tags": (
                    "tags", "ner_tags", "ner", "upos", "pos_tags", "pos", "chunk_tags", "chunks", "labels",
                    "slots", "xpos", "tag", "label",
                ),
            },
            inputs=("tokens",),
            optional={"intent": ("intent", "intents"), "text": ("text", "sentence", "utterance")},
            sequences=("tokens", "tags"),
            options={"tag_column": "tags"},
        ),
        Task(
            name="translation",
            columns={
                "source": (
                    "source", "source_sentence", "source_text", "src", "input", "原文", "源语言", "源文本",
                ),
                "target": (
                    "target", "target_sentence", "target_text", "tgt", "trg", "translation", "output", "译文",
                    "翻译", "目标语言", "目标文本",
                ),
            },
            inputs=("source",),
            options={"source_language": "source", "target_language": "target"},
        ),
    )
}  # fmt: skip


def get_task(name: str) -> Task:
    """Return the task called `name`; raise InputError, with the nearest names, where there is none."""
    if name not in TASKS:
        raise InputError(f"There is no task {name!r}. {did_you_mean(name, TASKS)}")
    return TASKS[name]


@dataclass(frozen=True)
class Examples:
    """Examples of one split, column by column.

    Attributes:
        columns: column name -> one value an example, in a list or, where they are too many for the memory, in
            a sequence on the disk; all columns are equally long. For "sentiment":
            "text" and "label", both `str`; examples of the split "unlabelled" have no "label". For "tagging":
            "tokens" and "tags", both `list[str]`, equally long; "intent", `str`, where sentences have one;
            "text", the sentence as it was written, where that is known. For "translation": "source" and
            "target", both `str`; "unlabelled" examples have no "target".
        name: where they come from: a data name such as "builtin:opinions", or a path.
        split: "train", "validation", "test" or "unlabelled".
        skipped: reason -> how many rows were left out for it. Nothing is left out without being counted.
        notes: sentences that a person should read about how these examples came to be.

    Raises:
        ValueError: the columns differ in length.

    Example:
        >>> examples = Examples({"text": ["a fine film"], "label": ["pos"]}, "mine", "train")
        >>> len(examples), examples["label"]
        (1, ['pos'])
    """

    columns: dict[str, Sequence]
    name: str = ""
    split: str = ""
    skipped: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        lengths = {column: len(values) for column, values in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"The columns must be equally long. Received: {lengths}.")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def __getitem__(self, column: str) -> Sequence:
        return self.column(column)

    def __iter__(self):
        raise TypeError('Examples are read by column: examples["text"], examples["label"].')

    def column(self, column: str) -> Sequence:
        """Return one column; raise InputError, with the nearest names, where there is none."""
        if column not in self.columns:
            raise InputError(f"{self.title} has no column {column!r}. {did_you_mean(column, self.columns)}")
        return self.columns[column]

    def head(self, count: int) -> "Examples":
        """Return the first `count` examples, or all where there are fewer."""
        return replace(self, columns={name: column[:count] for name, column in self.columns.items()})

    def where(self, wanted: Iterable[bool]) -> "Examples":
        """Return the examples for which that is true, one word for each."""
        places = np.flatnonzero(np.fromiter(wanted, bool, len(self)))
        return replace(self, columns={name: choose(column, places) for name, column in self.columns.items()})

    @property
    def title(self) -> str:
        """Name and split, as errors and summaries show them."""
        return f"{self.name or 'examples'}{f' ({self.split})' if self.split else ''}"

    def classes(self, column: str = "label") -> list[str]:
        """Return the different labels, sorted; of a column of lists, those in the lists."""
        return sorted(set(self._labels(column)))

    def _labels(self, column: str) -> Iterator[str]:
        for value in self.column(column):
            yield from value if isinstance(value, list) else (value,)

    def summary(self) -> list[str]:
        """Return the lines to show a person: the count, what was skipped and why, the notes."""
        lines = [f"{self.title}: {len(self):,} examples"]
        lines += [f"{self.title}: skipped {count:,} ({reason})" for reason, count in self.skipped.items()]
        return lines + [f"{self.title}: {note}" for note in self.notes]


class Skipped(dict):
    """Reason -> how many rows were left out for it: the tally that readers keep."""

    def add(self, reason: str, count: int = 1) -> None:
        self[reason] = self.get(reason, 0) + count


def require_classes(examples: Examples, column: str = "label") -> list[str]:
    """Return the classes of examples that a classifier is to be trained on.

    Args:
        examples: labelled examples.
        column: the column that holds the labels.

    Returns:
        The different labels, sorted.

    Raises:
        InputError: there are fewer than two classes, or so many that the column cannot hold labels.
    """
    classes = examples.classes(column)
    if len(classes) < 2:
        raise InputError(
            f"{examples.title} has only one class; a classifier needs at least two.\n"
            f"Received: {len(examples):,} examples, labels {_shown(classes)}."
        )
    if _look_like_texts(classes, len(examples)):
        raise InputError(
            f"{examples.title} has {len(classes):,} different labels in {len(examples):,} examples: "
            f"column {column!r} does not look like labels.\n"
            f"Received: {_shown(classes)}. If the columns are the other way round, say which is which "
            "with --text-column and --label-column."
        )
    return classes


def require_tags(examples: Examples) -> list[str]:
    """Return the tags of examples that a tagger is to be trained on.

    Args:
        examples: tagged sentences.

    Returns:
        The different tags, sorted.

    Raises:
        InputError: there are fewer than two tags, or so many that the column cannot hold tags.
    """
    tags, words = examples.classes("tags"), sum(map(len, examples["tokens"]))
    if len(tags) < 2:
        raise InputError(
            f"{examples.title} has only one tag; a tagger needs at least two.\n"
            f"Received: {len(examples):,} sentences, tags {_shown(tags)}."
        )
    if _look_like_texts(tags, words):
        raise InputError(
            f"{examples.title} has {len(tags):,} different tags on {words:,} words: these do not look like "
            f"tags.\nReceived: {_shown(tags)}. Say which column holds the tags with --tag-column."
        )
    return tags


def _look_like_texts(labels: list[str], count: int) -> bool:
    return len(labels) > 20 and len(labels) > count / 2


def _shown(labels: Iterable[str], count: int = 3, width: int = 40) -> str:
    labels = [repr(label if len(label) <= width else label[:width] + "…") for label in labels]
    return ", ".join(labels[:count]) + (", …" if len(labels) > count else "")
