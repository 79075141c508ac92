"""Layers for your own Keras models: attention, recurrence, embedding, pooling."""

from keras_seq.layers.attention import AdditiveAttention, Attention, DotProductAttention
from keras_seq.layers.embedding import NgramEvidence, WordDropout
from keras_seq.layers.merging import LateFusion
from keras_seq.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling
from keras_seq.layers.recurrent import RecurrentEncoder

__all__ = [
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "DotProductAttention",
    "LastPooling",
    "LateFusion",
    "MaxPooling",
    "MeanPooling",
    "NgramEvidence",
    "RecurrentEncoder",
    "WordDropout",
]
