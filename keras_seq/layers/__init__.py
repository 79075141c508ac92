"""Layers for your own Keras models: attention, recurrence, embedding, pooling."""

from keras_seq.layers.attention import AdditiveAttention, Attention, DotProductAttention
from keras_seq.layers.embedding import WordDropout
from keras_seq.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling
from keras_seq.layers.recurrent import RecurrentEncoder

__all__ = [
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "DotProductAttention",
    "LastPooling",
    "MaxPooling",
    "MeanPooling",
    "RecurrentEncoder",
    "WordDropout",
]
