"""Attention: a score, a normalizer and a weighted mean, and the field's own names for their combinations."""

from keras_seq.layers.attention.additive_attention import AdditiveAttention
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.dot_product_attention import DotProductAttention

__all__ = ["AdditiveAttention", "Attention", "DotProductAttention"]
