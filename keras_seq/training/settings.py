"""The settings of a training."""

from dataclasses import dataclass

from keras_seq.settings import setting

__all__ = ["TrainingSettings"]


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained."""

    epochs: int = setting(4, "passes over the training data, at most", minimum=1)
    batch_size: int = setting(32, "examples a step", minimum=1)
    max_length: int = setting(400, "tokens of a training text that are read; the rest is cut off", minimum=1)
    learning_rate: float = setting(2e-3, "of Adam, at its highest", minimum=0.0)
    warmup: float = setting(0.1, "fraction of the steps over which it rises to that", minimum=0.0, below=1.0)
    schedule: str = setting(
        "cosine", "how it goes from there to the last step", choices=("cosine", "inverse_sqrt", "constant")
    )
    weight_decay: float = setting(0.0, "share of each weight taken away a step, times the rate", minimum=0.0)
    gradient_clip: float = setting(1.0, "norm of the whole gradient, at most; 0 leaves it", minimum=0.0)
    label_smoothing: float = setting(0.0, "probability spread evenly over all labels", minimum=0.0, below=1.0)
    averaging: float = setting(
        0.0,
        "of the weights that are kept: the momentum of a moving average, or from 2 on the mean of so many "
        "epochs; 0 keeps the last ones",
        minimum=0.0,
    )
    patience: int = setting(2, "epochs without a better validation metric before it stops", minimum=1)
    checkpoint_minutes: float = setting(
        10.0, "between two checkpoints within an epoch; 0: only at its end", minimum=0.0
    )
    static_shapes: bool = setting(False, "pad every batch to one of a few shapes, as XLA and TPUs need")
    seed: int = setting(1, "fixes weights, order and dropout", minimum=0, below=2**32)
