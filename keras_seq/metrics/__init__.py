"""How well a model does: metrics over whole data sets, on plain arrays."""

from keras_seq.metrics.classification import classification_scores
from keras_seq.metrics.tagging import confusion, tag_report, tagging_scores

__all__ = ["classification_scores", "confusion", "tag_report", "tagging_scores"]
