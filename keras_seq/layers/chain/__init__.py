"""Tagging a sentence as a whole: the linear-chain conditional random field and its decoder."""

from keras_seq.layers.chain.crf import CRF
from keras_seq.layers.chain.viterbi_decoder import ViterbiDecoder

__all__ = ["CRF", "ViterbiDecoder"]
