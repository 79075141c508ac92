"""Blocks of the Transformer: attention and a feed-forward network, each with a residual and a norm."""

from keras_seq.layers.transformer.transformer_decoder_block import TransformerDecoderBlock
from keras_seq.layers.transformer.transformer_encoder_block import TransformerEncoderBlock

__all__ = ["TransformerDecoderBlock", "TransformerEncoderBlock"]
