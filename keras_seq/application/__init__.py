"""What every app is made of: the class to subclass, its settings, its run folder and its verbs."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "App": "app",
        "DataSettings": "settings",
        "RunFolder": "run_folder",
        "TextSettings": "settings",
    },
)
