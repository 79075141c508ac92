"""Convolutional sequence to sequence learning: gated convolutions, and attention at each decoder level.

Its decoder, a stack of blocks, stands among the decoders of translation.
"""

from keras_seq.layers.conv_s2s.conv_s2s_decoder_block import ConvS2SDecoderBlock
from keras_seq.layers.conv_s2s.conv_s2s_encoder import ConvS2SEncoder
from keras_seq.layers.conv_s2s.gated_convolution_block import GatedConvolutionBlock
from keras_seq.layers.conv_s2s.gated_linear_unit import GatedLinearUnit
from keras_seq.layers.conv_s2s.multi_step_attention import MultiStepAttention

__all__ = [
    "ConvS2SDecoderBlock",
    "ConvS2SEncoder",
    "GatedConvolutionBlock",
    "GatedLinearUnit",
    "MultiStepAttention",
]
