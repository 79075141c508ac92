"""The settings of a training."""

from dataclasses import dataclass

from keras_seq.settings import setting

__all__ = ["ReinforceSettings", "TrainingSettings"]


@dataclass(frozen=True)
class ReinforceSettings:
    """How it is learnt what to choose; see `keras_seq.training.Reinforce`."""

    estimator: str = setting(
        "leave_one_out",
        "of the gradient",
        choices=("leave_one_out", "reinforce", "variational", "enumerate", "straight_through"),
    )
    samples: int | None = setting(None, "choices that are compared (leave_one_out); null: 4", minimum=2)
    baseline: str | None = setting(
        None,
        "what a loss is compared with (reinforce, variational); null: the estimator's own",
        choices=("none", "moving_average", "learned", "self_critical", "soft"),
    )
    temperature: float | None = setting(None, "lower is harder (straight_through); null: 1", minimum=0.0)
    max_positions: int | None = setting(None, "among how many at most (enumerate); null: 64", minimum=1)
    discount: float | None = setting(
        None,
        "of what a choice answers for in each further step of a decoder (reinforce, leave_one_out, "
        "variational); null: 1, all of it",
        minimum=0.0,
    )
    entropy_bonus: float = setting(
        0.0, "nats of loss that a choice is spared for each nat of its entropy", minimum=0.0
    )
    entropy_steps: int = setting(0, "steps over which that falls to 0; 0: it stays", minimum=0)
    soft_start: float = setting(
        0.5,
        "fraction of the steps, the first ones, that read all words as soft attention does",
        minimum=0.0,
        below=1.0,
    )


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
    reinforce: ReinforceSettings = setting(
        ReinforceSettings, "how choices are learnt, where attention.selection is hard"
    )
    patience: int = setting(2, "epochs without a better validation metric before it stops", minimum=1)
    checkpoint_minutes: float = setting(
        10.0, "between two checkpoints within an epoch; 0: only at its end", minimum=0.0
    )
    static_shapes: bool = setting(False, "pad every batch to one of a few shapes, as XLA and TPUs need")
    seed: int = setting(1, "fixes weights, order and dropout", minimum=0, below=2**32)
