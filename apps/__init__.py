"""The ready-made apps: `from keras_seq.apps import Sentiment`."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"Sentiment": "sentiment", "Tagging": "tagging", "Translation": "translation"}
)

# What the command line offers: its name for an app -> the class.
APPS = {"sentiment": "Sentiment", "tagging": "Tagging", "translation": "Translation"}
