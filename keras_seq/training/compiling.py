"""Optimizer, schedule and compile, from settings."""

import keras

from keras_seq.training.averaging import momentum
from keras_seq.training.fused_adam import FusedAdam
from keras_seq.training.schedules import schedule
from keras_seq.training.settings import TrainingSettings

__all__ = ["build_all", "compile_model"]


def compile_model(
    model: keras.Model, settings: TrainingSettings, steps: int, loss, metrics, loss_weights=None
) -> None:
    """Compile with Adam, AdamW where weights decay; the rate rises by the warm-up, then goes by the schedule.

    Args:
        model: the model to compile.
        settings: rate, warm-up, schedule, clipping, averaging.
        steps: of the whole training; a cosine ends with it.
        loss, metrics, loss_weights: as `keras.Model.compile` takes them.

    Raises:
        InputError: averaging that is neither a momentum nor a number of epochs.
    """
    rate = schedule(settings.schedule, settings.learning_rate, int(settings.warmup * steps), steps)
    kept = momentum(settings.averaging)
    averaging = {"use_ema": True, "ema_momentum": kept} if kept else {}
    optimizer = FusedAdam(
        rate,
        weight_decay=settings.weight_decay or None,  # by 0, too, every weight would be read and written
        global_clipnorm=settings.gradient_clip or None,
        **averaging,
    )
    # XLA brings nothing on a CPU and costs seconds to compile for every new shape.
    # Weighted: with static shapes, rows of weight 0 fill a batch up, and no metric may count them.
    model.compile(
        optimizer, loss=loss, loss_weights=loss_weights, weighted_metrics=metrics, jit_compile=False
    )


def build_all(model: keras.Model, batch) -> None:
    """Make the variables of the optimizer, the losses and the metrics of a compiled model.

    A training step that makes them itself is traced twice by TensorFlow: once with them, once without.

    Args:
        model: the model.
        batch: (inputs, targets), and weights where there are any, as `fit` reads them.
    """
    inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
    outputs = model(inputs, training=False)
    if not model.optimizer.built:  # a second time, the one that scales a loss would forget its scale
        model.optimizer.build(model.trainable_variables)
    model.compute_loss(inputs, targets, outputs, weights, training=False)
    model.compute_metrics(inputs, targets, outputs, weights)
    model.reset_metrics()
