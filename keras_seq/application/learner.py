"""What a training fits: the app's model, or where that chooses, what teaches it to choose."""

import dataclasses

import keras
from keras import ops

from keras_seq.errors import InputError

__all__ = ["check_choices", "learner_of", "model_of"]


def learner_of(app, steps: int) -> keras.Model:
    """The model that is compiled and fitted: the app's own, or `Reinforce` around it where attention is hard.

    Args:
        app: with its model.
        steps: of the whole training.

    Raises:
        InputError: settings of `reinforce` that do not go together.
    """
    if app.settings.attention.selection == "soft":
        return app.model
    from keras_seq.training import Reinforce

    options = dataclasses.asdict(app.settings.reinforce)
    options["soft_steps"] = round(options.pop("soft_start") * steps)
    try:
        return Reinforce(app.model, **options)
    except ValueError as error:
        raise InputError(f"In the section 'reinforce': {error}") from error


def model_of(learner: keras.Model) -> keras.Model:
    """The app's model, of what was fitted."""
    from keras_seq.training import Reinforce

    return learner.model if isinstance(learner, Reinforce) else learner


def check_choices(learner: keras.Model, batch, longest: int) -> None:
    """Let a learner choose once, before anything takes time.

    Args:
        learner: of `learner_of`.
        batch: (inputs, targets), as `fit` reads them.
        longest: tokens of the longest example that there will be.

    Raises:
        InputError: nothing in the model chooses, or the estimator is not for its choices.
    """
    if model_of(learner) is learner:
        return
    from keras_seq.training.reinforce import training_on

    def lengthened(ids):  # (B, T, …) -> (B, longest, …)
        return ops.pad(ids, [[0, 0], [0, max(0, longest - ids.shape[1])], *[[0, 0]] * (len(ids.shape) - 2)])

    inputs, *_ = keras.utils.unpack_x_y_sample_weight(batch)
    try:
        with training_on(batch):
            learner.estimator.run(learner.model, keras.tree.map_structure(lengthened, inputs))
    except ValueError as error:
        raise InputError(f"attention.selection=hard: {error}") from error
