"""Where examples come from, and how they become batches. Imports no tensorflow until it is needed."""

from keras_seq.data.batching import (
    Batches,
    Parts,
    in_input_order,
    length_boundaries,
    length_sorted_batches,
    narrow_boundaries,
    pad,
)
from keras_seq.data.catalog import DataSet, list_data, load_data, splits
from keras_seq.data.collecting import choose, collect
from keras_seq.data.examples import TASKS, Examples, Task, get_task, require_classes, require_tags
from keras_seq.data.files import read_examples
from keras_seq.data.holding_out import hold_out
from keras_seq.data.id_lists import IdLists
from keras_seq.data.one_hot import OneHot
from keras_seq.data.sequences import check_sequences
from keras_seq.data.word_vectors import read_word_vectors

__all__ = [
    "Batches",
    "DataSet",
    "Examples",
    "IdLists",
    "OneHot",
    "Parts",
    "TASKS",
    "Task",
    "check_sequences",
    "choose",
    "collect",
    "get_task",
    "hold_out",
    "in_input_order",
    "length_boundaries",
    "length_sorted_batches",
    "list_data",
    "load_data",
    "narrow_boundaries",
    "pad",
    "read_examples",
    "read_word_vectors",
    "require_classes",
    "require_tags",
    "splits",
]
