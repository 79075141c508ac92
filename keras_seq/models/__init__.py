"""Models: settings -> a functional `keras.Model`, to compile, fit, plot and take apart."""

from keras_seq.models.classifier import AttentionSettings, ClassifierSettings, build_classifier
from keras_seq.models.explainer import explainer

__all__ = ["AttentionSettings", "ClassifierSettings", "build_classifier", "explainer"]
