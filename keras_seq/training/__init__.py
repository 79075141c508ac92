"""Training: plain `fit` for any `keras.Model`, with what belongs round it."""

from keras_seq.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BestWeights": "best_weights",
        "MeanOfEpochs": "averaging",
        "Reinforce": "reinforce",
        "Checkpoints": "saving",
        "Computing": "computing",
        "CorpusMetrics": "corpus_metrics",
        "FusedAdam": "fused_adam",
        "GoingOn": "going_on",
        "Interruption": "interruption",
        "LogFiles": "log_files",
        "Place": "place",
        "ProgressLine": "progress_line",
        "Samples": "samples",
        "StopOnNan": "stop_on_nan",
        "Tolerant": "tolerant",
        "TrainingSettings": "settings",
        "averaging_callback": "averaging",
        "build_all": "compiling",
        "compile_model": "compiling",
        "computing_on": "devices",
    },
)
