"""A trained model, taken away: SavedModel, TFLite, their check, and the runtime that needs no TensorFlow.

Importing this room imports neither TensorFlow nor Keras; each name is loaded when it is first used.
"""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ExportError": "errors",
        "ExportReport": "export",
        "GraphTextEncoder": "graph_text",
        "KerasModel": "inference",
        "SavedModel": "saved_model",
        "TFLiteModel": "runtime",
        "export_model": "export",
        "kind_of": "folder",
        "load_labels": "folder",
        "open_exported": "loading",
        "verify": "folder",
    },
)
