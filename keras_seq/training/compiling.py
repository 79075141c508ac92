"""Optimizer, schedule and compile, from settings."""

import keras

from keras_seq.training.settings import TrainingSettings

__all__ = ["compile_model"]


def compile_model(
    model: keras.Model, settings: TrainingSettings, steps: int, loss, metrics, loss_weights=None
) -> None:
    """Compile with AdamW under a learning rate that rises over the warm-up and falls along a cosine to zero.

    Args:
        model: the model to compile.
        settings: rate, warm-up, clipping, averaging.
        steps: of the whole training; the schedule ends with it.
        loss, metrics, loss_weights: as `keras.Model.compile` takes them.
    """
    warmup_steps = int(settings.warmup * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else settings.learning_rate,
        decay_steps=max(steps - warmup_steps, 1),
        warmup_target=settings.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
    averaging = {"use_ema": True, "ema_momentum": settings.averaging} if settings.averaging else {}
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.gradient_clip or None,
        **averaging,
    )
    # XLA brings nothing on a CPU and costs seconds to compile for every new shape.
    # Weighted: with static shapes, rows of weight 0 fill a batch up, and no metric may count them.
    model.compile(
        optimizer, loss=loss, loss_weights=loss_weights, weighted_metrics=metrics, jit_compile=False
    )
