"""How the learning rate goes over the steps of a training."""

import keras
from keras import ops

__all__ = ["SCHEDULES", "RisingThenFalling", "schedule"]

SCHEDULES = ("cosine", "inverse_sqrt", "constant")


def schedule(kind: str, learning_rate: float, warmup_steps: int, steps: int):
    """A rate that rises to `learning_rate` in a line over the warm-up, and then

        cosine          falls along a cosine to zero at the last of all steps
        inverse_sqrt    falls as 1 / √step
        constant        stays

    Args:
        kind: one of `SCHEDULES`.
        learning_rate: at its highest.
        warmup_steps: steps over which it rises; 0: it begins there.
        steps: of the whole training.
    """
    if kind == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup_steps else learning_rate,
            decay_steps=max(steps - warmup_steps, 1),
            warmup_target=learning_rate if warmup_steps else None,
            warmup_steps=warmup_steps,
        )
    return RisingThenFalling(learning_rate, warmup_steps, power=0.5 if kind == "inverse_sqrt" else 0.0)


@keras.saving.register_keras_serializable("keras_seq")
class RisingThenFalling(keras.optimizers.schedules.LearningRateSchedule):
    """rate_n = learning_rate · min(n / warmup_steps, (warmup_steps / n)^power)        n = 1, 2, …

    Args:
        learning_rate: at its highest, at the end of the warm-up.
        warmup_steps: below 1 counts as 1.
        power: 0.5 for the square root, 0 for a rate that stays.

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 5.3, equation 3.
    """

    def __init__(self, learning_rate, warmup_steps, power=0.5):
        super().__init__()
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.power = power

    def __call__(self, step):
        number = ops.cast(step, "float32") + 1.0
        warmup = float(max(self.warmup_steps, 1))
        return self.learning_rate * ops.minimum(number / warmup, (warmup / number) ** self.power)

    def get_config(self):
        return {
            "learning_rate": self.learning_rate,
            "warmup_steps": self.warmup_steps,
            "power": self.power,
        }
