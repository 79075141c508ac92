"""The Transformer: blocks of attention and a feed-forward network, each with a residual and a norm; stacks.

Its decoder, a stack of blocks, stands among the decoders of translation.
"""

from keras_seq.layers.transformer.transformer_decoder_block import TransformerDecoderBlock
from keras_seq.layers.transformer.transformer_encoder import TransformerEncoder
from keras_seq.layers.transformer.transformer_encoder_block import TransformerEncoderBlock

__all__ = ["TransformerDecoderBlock", "TransformerEncoder", "TransformerEncoderBlock"]
