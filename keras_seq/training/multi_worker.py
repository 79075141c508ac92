"""Several machines that train one model, each on its part of every batch."""

import contextlib
import os

from keras_seq.errors import InputError
from keras_seq.training.place import Place
from keras_seq.training.tf_config import read_tf_config

__all__ = ["all_machines_there", "multi_worker_place"]


def multi_worker_place(computing) -> Place:
    """The place of all machines together; it waits until each of them has started.

    Args:
        computing: a `Computing`.

    Raises:
        InputError: TF_CONFIG is missing or does not say who this machine is, or TensorFlow cannot start them.
    """
    import tensorflow as tf

    workers, is_chief = read_tf_config(os.environ.get("TF_CONFIG"))
    if computing.device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise InputError("There is no GPU on this machine. Use --device auto.")
    if computing.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"The {workers} machines of TF_CONFIG cannot be joined: {reason[:200]}\n"
            "Each needs its own address and index, reachable from the others, and must have done nothing "
            "with TensorFlow before."
        ) from error
    devices = strategy.num_replicas_in_sync
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    precision = "off" if computing.mixed_precision == "auto" else computing.mixed_precision
    return Place(f"{workers} machines, {devices} × {kind}", strategy, precision=precision, is_chief=is_chief)


@contextlib.contextmanager
def all_machines_there():
    """Inside, a machine that leaves ends the training of the others with what can be done.

    Raises:
        InputError: one has left.
    """
    import tensorflow as tf

    lost = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
    try:
        yield
    except lost as error:
        raise InputError(
            "Another machine has left the training, or cannot be reached any more.\n"
            "Start all of them again with --resume: they go on from the end of the last epoch."
        ) from error
