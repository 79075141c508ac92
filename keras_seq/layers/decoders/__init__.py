"""Decoders of translation: layers that read a target, whole or word by word, knowing what a source says.

Every decoder keeps to one contract, which `Decoder` writes down, so that one way of decoding serves all.
"""

from keras_seq.layers.decoders.context_decoder import ContextDecoder
from keras_seq.layers.decoders.conv_s2s_decoder import ConvS2SDecoder
from keras_seq.layers.decoders.decoder import Decoder
from keras_seq.layers.decoders.recurrent_decoder import RecurrentDecoder
from keras_seq.layers.decoders.scheduled_sampling import ScheduledSampling
from keras_seq.layers.decoders.transformer_decoder import TransformerDecoder

__all__ = [
    "ContextDecoder",
    "ConvS2SDecoder",
    "Decoder",
    "RecurrentDecoder",
    "ScheduledSampling",
    "TransformerDecoder",
]
