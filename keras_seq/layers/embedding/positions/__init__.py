"""Where a step stands, told to layers that would not see it."""

from keras_seq.layers.embedding.positions.learned_positions import LearnedPositions
from keras_seq.layers.embedding.positions.rotary_positions import RotaryPositions
from keras_seq.layers.embedding.positions.sinusoidal_positions import SinusoidalPositions

__all__ = ["LearnedPositions", "RotaryPositions", "SinusoidalPositions"]
