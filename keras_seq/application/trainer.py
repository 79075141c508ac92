"""Training of an app: examples in, the best weights out, and a run folder where one is asked for."""

import contextlib
import signal
import time

import keras

from keras_seq import settings as settings_lib
from keras_seq.application.app import NO_TARGET
from keras_seq.application.run_folder import RunFolder
from keras_seq.data.batching import Batches, narrow_boundaries
from keras_seq.errors import InputError
from keras_seq.training import (
    BestWeights,
    Checkpoints,
    CorpusMetrics,
    ProgressLine,
    Samples,
    StopOnNan,
    averaging_callback,
    build_all,
    compile_model,
)
from keras_seq.training.checkpoints import latest_checkpoint, load_checkpoint

__all__ = ["train"]

_SAMPLES = 4  # validation texts that TensorBoard shows after each epoch


def train(app, examples, validation=None, *, run=None, resume=False, callbacks=(), verbose=1, **arguments):
    """Fit the app's model to examples.

    Args:
        app: the app; it has a model afterwards, with the best weights by the validation's `monitor`.
        examples, validation: Examples; without validation the last epoch's weights are kept.
        run: RunFolder to write as training goes; None writes nothing.
        resume: go on from the run's last checkpoint.
        callbacks: further Keras callbacks.
        verbose: 0 says nothing.
        arguments: further arguments of `keras.Model.fit`.

    Returns:
        Keras' History.
    """
    begun = time.monotonic()

    def elapsed():
        return round(time.monotonic() - begun, 1)

    settings = app.settings
    keras.utils.set_random_seed(settings.seed)
    if app.model is None and not resume:
        app.prepare(examples)
    inputs, targets = app.encode(examples)
    batches = batches_of(app, inputs, targets, shuffle=True)
    validation_batches = None
    if validation is not None:
        validation_batches = batches_of(app, *app.encode(validation), shuffle=False)

    past = {"epoch": 0, "seconds": 0.0}
    best = BestWeights(app.monitor, patience=settings.patience)
    if resume:
        past = _resume(app, run, best)
    else:
        if app.model is None:
            app.set_model(app.build_model(inputs, targets))
        steps = batches.steps * settings.epochs
        compile_model(app.model, settings, steps, app.loss(), app.metrics(), app.loss_weights())
        if run is not None:
            app.write_beginning(run)
    build_all(app.model, next(iter(batches.dataset())))

    followers = [batches.callback(), StopOnNan()]
    if validation is not None and app.scored_by_corpus:
        followers.append(CorpusMetrics(lambda: _scores(app, validation)))
    followers.append(best)
    if run is not None and validation is not None:
        followers.append(Samples(run.logs / "attention", lambda: app.samples(validation, _SAMPLES)))
    average = averaging_callback(settings.averaging, None if run is None else run.checkpoints)
    if average is not None:
        # Behind those: at the end of a validation they still find the averaged weights in place.
        followers.append(average)
    progress = ProgressLine(app.monitor, steps=batches.steps)
    if verbose:
        followers.append(progress)
        longest = "{}, {} tokens".format(*app.longest_trained)
        left_out = len(examples) - len(batches)
        if left_out:
            progress.say(f"{left_out:,} training examples are longer than {longest}, and left out")
        if batches.cut:
            progress.say(f"{batches.cut:,} training texts are read up to {longest}")
    if run is not None:
        best.save = lambda model: app.write_model(run)
        followers.append(keras.callbacks.TensorBoard(str(run.logs), write_graph=True))
        # The last of ours: what it saves is what the others have done with this epoch.
        followers.append(
            Checkpoints(
                run.checkpoints,
                lambda: {"best": best.best, "waited": best.waited, "seconds": past["seconds"] + elapsed()},
            )
        )

    try:
        with _terminated_like_interrupted():
            history = app.model.fit(
                batches.dataset(),
                validation_data=None if validation_batches is None else validation_batches.dataset(),
                epochs=settings.epochs,
                initial_epoch=past["epoch"],
                callbacks=[*followers, *(callbacks or ())],
                shuffle=False,  # the batches are
                verbose=0,
                **arguments,
            )
    finally:
        progress.close()
    app.set_model(app.model)  # what answers may have been made with earlier weights
    scores = {"validation": {app.monitor: best.best}} if best.best is not None else {}
    app.record(
        data=examples.name,
        examples={"train": len(examples)} | ({} if validation is None else {"validation": len(validation)}),
        seed=settings.seed,
        epochs=past["epoch"] + len(history.epoch),
        train_seconds=round(past["seconds"] + elapsed(), 1),
        parameters=app.model.count_params(),
        metrics=scores,
    )
    if run is not None:
        app.write_model(run)
        run.write_metrics(app.facts)
    return history


def batches_of(app, inputs, targets, shuffle):
    """What `app.encode` gave, in the batches that it is trained or validated by."""
    settings = app.settings
    narrow = app.narrow_buckets and not settings.static_shapes  # which want few shapes
    return Batches(
        inputs,
        targets,
        batch_size=settings.batch_size,
        max_length=settings.max_length,
        boundaries=narrow_boundaries if narrow else None,
        static_shapes=settings.static_shapes,
        shuffle=shuffle,
        seed=settings.seed,
        target_padding=NO_TARGET,
    )


def _scores(app, examples):
    if keras.config.dtype_policy().compute_dtype != "float32":
        app.set_model(app.model)  # answers come from a copy in float32, of the weights at that time
    return app.validation_scores(examples)


def _resume(app, run: RunFolder, best: BestWeights):
    """Put app and callback where the last checkpoint left them; returns its state."""
    path = latest_checkpoint(run.checkpoints)
    if path is None:
        raise InputError(f"{run.path} has no checkpoint to resume from. Train anew into another --run.")
    model, state = load_checkpoint(path)
    app.set_model(model)
    best.best, best.waited = state.get("best"), state.get("waited", 0)
    if run.model.is_file():
        best.weights = app.read_model(run).get_weights()
    return state


def settings_for_resume(app, changes):
    """The settings of a resumed run: those that it began with, and no others."""
    settings = settings_lib.updated(app.settings, changes)
    if settings != app.settings:
        # The learning rate falls to zero over the epochs that were planned: more of them would learn nothing.
        raise InputError(
            "A resumed training goes on with the settings it began with. Leave out: "
            f"{', '.join(sorted(changes))}.\nTo train otherwise, begin anew into another --run."
        )
    return settings


@contextlib.contextmanager
def _terminated_like_interrupted():
    """Inside, SIGTERM (a preempted machine) ends the training as Ctrl-C does."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    try:
        former = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: leave signals alone
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
