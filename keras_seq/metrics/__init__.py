"""How well a model does: metrics over whole data sets, on plain arrays."""

from keras_seq.metrics.classification import classification_scores
from keras_seq.metrics.rationales import (
    chosen_words,
    faithfulness,
    faithfulness_curve,
    heaviest_words,
    random_words,
)
from keras_seq.metrics.tagging import confusion, tag_report, tagging_scores
from keras_seq.metrics.translation import bleu_by_length, translation_scores, translation_signature

__all__ = [
    "bleu_by_length",
    "chosen_words",
    "classification_scores",
    "confusion",
    "faithfulness",
    "faithfulness_curve",
    "heaviest_words",
    "random_words",
    "tag_report",
    "tagging_scores",
    "translation_scores",
    "translation_signature",
]
