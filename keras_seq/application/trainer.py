"""Training of an app: examples in, the best weights out, and a run folder where one is asked for."""

import time
import warnings

import keras

from keras_seq.application.app import NO_TARGET
from keras_seq.application.learner import check_choices, learner_of
from keras_seq.application.resuming import Past, check_data, data_facts, take_up
from keras_seq.data.batching import Batches, narrow_boundaries
from keras_seq.errors import InputError
from keras_seq.progress import quiet
from keras_seq.training import (
    BestWeights,
    Checkpoints,
    CorpusMetrics,
    GoingOn,
    Interruption,
    LogFiles,
    Place,
    ProgressLine,
    Samples,
    StopOnNan,
    Tolerant,
    averaging_callback,
    build_all,
    compile_model,
)
from keras_seq.training.reinforce import ChosenPositions

__all__ = ["train"]

_SAMPLES = 4  # validation texts that TensorBoard shows after each epoch


def train(
    app,
    examples,
    validation=None,
    *,
    run=None,
    resume=False,
    place=None,
    callbacks=(),
    verbose=1,
    **arguments,
):
    """Fit the app's model to examples.

    Args:
        app: the app; it has a model afterwards, with the best weights by the validation's `monitor`.
        examples, validation: Examples; without validation the last epoch's weights are kept.
        run: RunFolder to write as training goes; None writes nothing.
        resume: go on from the run's newest checkpoint that is whole.
        place: where and how to compute; None: where the program stands.
        callbacks: further Keras callbacks.
        verbose: 0 says nothing.
        arguments: further arguments of `keras.Model.fit`.

    Returns:
        Keras' History.
    """
    begun = time.monotonic()

    def elapsed():
        return round(time.monotonic() - begun, 1)

    settings, place = app.settings, place or Place.around()
    writes = run is not None and place.is_chief
    keras.utils.set_random_seed(settings.seed)
    with quiet(not verbose):
        if app.model is None and not resume:
            app.prepare(examples)
        inputs, targets = app.encode(examples)
        batches = batches_of(app, inputs, targets, shuffle=True)
        validation_batches = None
        if validation is not None:
            validation_batches = batches_of(app, *app.encode(validation), shuffle=False)

    best = BestWeights(app.monitor, patience=settings.patience)
    progress = ProgressLine(app.monitor, steps=batches.steps)
    with place.making():
        past = take_up(app, run, progress.say, place.is_chief) if resume else Past()
    check_data(past, batches)
    progress.passed = past.step
    tolerant = Tolerant(progress.say)
    learner, first_batch = past.learner, next(iter(batches.dataset()))
    if not resume:
        with place.making():
            if app.model is None:
                app.set_model(app.build_model(inputs, targets))
            steps = batches.steps * settings.epochs
            learner = learner_of(app, steps)
            compile_model(learner, settings, steps, app.loss(), app.metrics(), app.loss_weights())
        check_choices(learner, first_batch, batches.longest)
        if writes:
            app.write_beginning(run)
    compute_as(learner, place)
    if place.strategy is None and keras.backend.backend() == "tensorflow":  # else Keras does so
        build_all(learner, first_batch)
    if place.strategy is not None and validation is not None:
        arguments["validation_steps"] = validation_batches.steps  # which Keras cannot count there

    followers = [StopOnNan()]
    if past.checkpoint is not None or place.steps_per_execution > 1:
        followers.insert(0, GoingOn(past.epoch, past.step, past.state.get("metrics", ()), batches.steps))
    if validation is not None and app.scored_by_corpus:
        followers.append(CorpusMetrics(lambda: place.agreed(_answering(app).validation_scores(validation))))
    followers.append(best)
    if writes and validation is not None:
        samples = Samples(
            run.logs / "attention", lambda: _answering(app).samples(validation, _SAMPLES), tolerant
        )
        followers.append(samples)
    if writes and learner is not app.model:
        followers.append(ChosenPositions(run.logs / "chosen", first_batch[0], tolerant))
    average = averaging_callback(settings.averaging)
    if average is not None:
        # Behind those: at the end of a validation they still find the averaged weights in place.
        followers.append(average)
    if verbose:
        followers.append(progress)
        longest = "{}, {} tokens".format(*app.longest_trained)
        left_out = len(examples) - len(batches)
        if left_out:
            progress.say(f"{left_out:,} training examples are longer than {longest}, and left out")
        if batches.cut:
            progress.say(f"{batches.cut:,} training texts are read up to {longest}")
    interruption, logs, keep = Interruption(), None, {"best": best}
    if hasattr(average, "state"):
        keep["average"] = average
    past.put_back(keep)
    if writes:
        best.save = lambda model: tolerant("The best model so far", lambda: app.write_model(run))
        logs = LogFiles(run.logs, tolerant)
        keep["logs"] = logs
        past.put_back({"logs": logs})
        # The last of ours: what it saves is what the others have done.
        checkpoints = Checkpoints(
            run.checkpoints,
            batches.steps,
            keep,
            lambda: {
                "seconds": past.seconds + elapsed(),
                "data": data_facts(batches),
                "precision": place.precision,
            },
            minutes=settings.checkpoint_minutes,
            # To read the running metrics takes all machines.
            within_epochs=not place.has_several_machines,
            interruption=interruption,
            tolerant=tolerant,
            start=past.checkpoint,
        )
        followers += [logs, checkpoints]

    try:
        with interruption, place.fitting(learner):
            history = learner.fit(
                place.shared(lambda parts: batches.stream(past.epoch, past.step, parts)),
                steps_per_epoch=batches.steps,
                validation_data=None if validation is None else place.shared(validation_batches.dataset),
                epochs=settings.epochs,
                initial_epoch=settings.epochs if past.state.get("stopped") else past.epoch,
                callbacks=[*followers, *(callbacks or ())],
                shuffle=False,  # the batches are
                verbose=0,
                **arguments,
            )
    finally:
        progress.close()
        if logs is not None:
            logs.close()
    if best.weights is not None:  # the mean of the last epochs has come after it
        learner.set_weights(best.weights)
    app.set_model(app.model)  # what answers may have been made with earlier weights
    scores = {"validation": {app.monitor: best.best}} if best.best is not None else {}
    app.record(
        data=examples.name,
        examples={"train": len(examples)} | ({} if validation is None else {"validation": len(validation)}),
        seed=settings.seed,
        epochs=past.epoch + len(history.epoch),
        train_seconds=round(past.seconds + elapsed(), 1),
        parameters=app.model.count_params(),
        metrics=scores,
        computed_on=place.told,
    )
    if writes:
        _write_end(app, run, checkpoints.latest)
    return history


def _write_end(app, run, checkpoint):
    try:
        app.write_model(run)
        run.write_metrics(app.facts)
    except InputError as error:
        if checkpoint is None:
            raise
        raise InputError(
            f"{error}\nThe training is done, and its checkpoint is whole: --resume writes the rest again."
        ) from error


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


def compute_as(learner, place):
    """Let `fit` of a compiled model compute as the place says, whatever an earlier part of the training did.

    Raises:
        InputError: XLA is asked for, and has no form of one of the layers.
    """
    learner.steps_per_execution = place.steps_per_execution
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Keras goes on without
        learner.jit_compile = place.jit
    if place.jit and not learner.jit_compile:
        raise InputError(
            "XLA cannot compile this model: one of its layers has no form for it (cuDNN's LSTM and GRU have "
            "none). Leave --jit on out."
        )


def _answering(app):
    """The app, which answers with the weights as they are now."""
    if keras.config.dtype_policy().compute_dtype != "float32":
        app.set_model(app.model)  # answers come from a copy in float32, of the weights at that time
    return app
