"""Pooling: a sequence (B, T, D) and its mask -> one vector (B, D)."""

from keras_seq.layers.pooling.attention_pooling import AttentionPooling
from keras_seq.layers.pooling.last_pooling import LastPooling
from keras_seq.layers.pooling.max_pooling import MaxPooling
from keras_seq.layers.pooling.mean_pooling import MeanPooling

__all__ = ["AttentionPooling", "LastPooling", "MaxPooling", "MeanPooling"]
