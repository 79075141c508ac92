"""Attention as a picture: in a terminal, a notebook, an HTML page, a PNG file, TensorBoard.

Importing this room loads neither TensorFlow nor matplotlib.
"""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Alignment": "alignment",
        "TaggedText": "tagged_text",
        "TokenWeights": "token_weights",
        "WeightMap": "weight_map",
        "attention_image": "picture",
        "draw_faithfulness": "faithfulness_curves",
        "draw_length_curve": "length_curve",
        "figure": "picture",
        "page": "markup",
        "write": "files",
    },
)
