"""Losses of taggers: one number a sentence, with padding told by the labels."""

from keras_seq.losses.chain_likelihood import ChainLikelihood
from keras_seq.losses.tag_crossentropy import TagCrossentropy

__all__ = ["ChainLikelihood", "TagCrossentropy"]
