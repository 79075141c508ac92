"""A trained model, taken away: SavedModel, TFLite, their check, and the runtime that needs no TensorFlow.

Importing this room imports neither TensorFlow nor Keras; each name is loaded when it is first used.
"""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ClassifierPlan": "classifier",
        "ExportError": "errors",
        "ExportPlan": "plan",
        "ExportReport": "export",
        "GraphTextEncoder": "graph_text",
        "GraphTokenizer": "graph_tokenizer",
        "GraphWordEncoder": "graph_words",
        "KerasModel": "inference",
        "SavedModel": "saved_model",
        "TaggerPlan": "tagger",
        "TranslatorPlan": "translator",
        "TFLiteModel": "runtime",
        "export_model": "export",
        "kind_of": "folder",
        "load_labels": "folder",
        "open_exported": "loading",
        "verify": "folder",
    },
)
