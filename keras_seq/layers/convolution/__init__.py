"""Convolution and pooling in windows along the sequence, which obey masks and hand them on."""

from keras_seq.layers.convolution.masked_average_pooling1d import MaskedAveragePooling1D
from keras_seq.layers.convolution.masked_conv1d import MaskedConv1D
from keras_seq.layers.convolution.masked_max_pooling1d import MaskedMaxPooling1D

__all__ = ["MaskedAveragePooling1D", "MaskedConv1D", "MaskedMaxPooling1D"]
