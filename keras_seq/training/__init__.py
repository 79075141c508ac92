"""Training: plain `fit` for any `keras.Model`, with what belongs round it."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BestWeights": "best_weights",
        "Checkpoints": "checkpoints",
        "CorpusMetrics": "corpus_metrics",
        "ProgressLine": "progress_line",
        "Samples": "samples",
        "StopOnNan": "stop_on_nan",
        "TrainingSettings": "settings",
        "compile_model": "compiling",
    },
)
