"""Merging: several answers to one question become one."""

from keras_seq.layers.merging.late_fusion import LateFusion

__all__ = ["LateFusion"]
