"""From ids to vectors, and what is done to the ids on the way."""

from keras_seq.layers.embedding.ngram_evidence import NgramEvidence
from keras_seq.layers.embedding.word_dropout import WordDropout

__all__ = ["NgramEvidence", "WordDropout"]
