"""Losses of sequences: one number a sentence, with padding told by the labels."""

from keras_seq.losses.chain_likelihood import ChainLikelihood
from keras_seq.losses.tag_crossentropy import TagCrossentropy
from keras_seq.losses.token_crossentropy import TokenCrossentropy

__all__ = ["ChainLikelihood", "TagCrossentropy", "TokenCrossentropy"]
