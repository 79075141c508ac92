"""Plain `fit` over several devices, which Keras 3.15 ends with an error (keras-team/keras#20585).

This file goes when Keras mends it: setup.cfg allows 3.15 alone, and a test looks whether the fault is still
in the Keras that is installed.
"""

import contextlib

import keras

__all__ = ["mended_fit"]


@contextlib.contextmanager
def mended_fit(model: keras.Model):
    """Inside, `fit` and `evaluate` of a model that was made under a `tf.distribute.Strategy` work.

    To know the shape of a batch Keras takes the mean of the first one over all devices, which must then have
    parts of the same width, and on several machines fails in any case. There it also takes the mean of each
    log along its first axis, which a number has not.

    Args:
        model: compiled.
    """
    import tensorflow as tf

    strategy = model.distribute_strategy

    def build_by_the_first_batch(iterator=None, data_batch=None):
        if model.optimizer.built:  # and with it all, by the first batch of the training
            return
        if iterator is not None:
            for _, _, batches in iterator:
                data_batch = next(batches)
                break
            data_batch = keras.tree.map_structure(
                lambda each: strategy.experimental_local_results(each)[0], data_batch
            )
        with strategy.scope():
            model._symbolic_build(data_batch=data_batch)

    def with_rows(step):
        return lambda data: {name: tf.reshape(value, (1,)) for name, value in step(data).items()}

    mended = {"_maybe_symbolic_build": build_by_the_first_batch}
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        mended |= {name: with_rows(getattr(model, name)) for name in ("train_step", "test_step")}
    for name, function in mended.items():
        object.__setattr__(model, name, function)
    try:
        yield
    finally:
        for name in mended:
            object.__delattr__(model, name)
