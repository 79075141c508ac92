"""Attention of four parts: score, scope, normalizer, selection; and the names of what they make together."""

from keras_seq.layers.attention.additive_attention import AdditiveAttention
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.attention.concat_attention import ConcatAttention
from keras_seq.layers.attention.cosine_attention import CosineAttention
from keras_seq.layers.attention.coverage_attention import CoverageAttention
from keras_seq.layers.attention.dot_product_attention import DotProductAttention
from keras_seq.layers.attention.general_attention import GeneralAttention
from keras_seq.layers.attention.hard_attention import HardAttention
from keras_seq.layers.attention.hierarchical_attention import HierarchicalAttention
from keras_seq.layers.attention.local_attention import LocalAttention
from keras_seq.layers.attention.location_attention import LocationAttention
from keras_seq.layers.attention.monotonic_attention import MonotonicAttention
from keras_seq.layers.attention.multi_head_attention import MultiHeadAttention
from keras_seq.layers.attention.multi_head_self_attention import MultiHeadSelfAttention
from keras_seq.layers.attention.pointer_attention import PointerAttention
from keras_seq.layers.attention.pointer_generator import PointerGenerator
from keras_seq.layers.attention.self_attention import SelfAttention
from keras_seq.layers.attention.structured_self_attention import StructuredSelfAttention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "ConcatAttention",
    "CosineAttention",
    "CoverageAttention",
    "DotProductAttention",
    "GeneralAttention",
    "HardAttention",
    "HierarchicalAttention",
    "LocalAttention",
    "LocationAttention",
    "MonotonicAttention",
    "MultiHeadAttention",
    "MultiHeadSelfAttention",
    "PointerAttention",
    "PointerGenerator",
    "SelfAttention",
    "StructuredSelfAttention",
]
