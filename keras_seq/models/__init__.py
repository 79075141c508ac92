"""Models: settings -> a functional `keras.Model`, to compile, fit, plot and take apart."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AttentionSettings": "classifier_settings",
        "ClassifierSettings": "classifier_settings",
        "build_classifier": "classifier",
        "explainer": "explaining",
        "load_model": "loading",
    },
)
