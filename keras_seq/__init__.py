"""Attention layers and ready-made text apps for Keras 3, from text to phone.

Importing this package imports neither TensorFlow nor Keras; the rooms inside do when they need to.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
