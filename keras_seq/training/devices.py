"""Where a model is trained."""

import contextlib

import keras

from keras_seq.errors import InputError
from keras_seq.training.computing import Computing
from keras_seq.training.place import Place

__all__ = ["computing_on"]


@contextlib.contextmanager
def computing_on(computing: Computing | None = None):
    """Inside, models are trained as a person asks for it; gives the `Place`.

    With several machines it waits until all of them have come here, and must be the first that starts
    TensorFlow.

    Args:
        computing: what is asked for; None leaves all to be chosen.

    Raises:
        InputError: there is no such device here, or it cannot do what is asked.
    """
    computing = computing or Computing()
    computing.check()
    on_backend = {"tensorflow": _with_tensorflow, "jax": _with_jax}.get(keras.backend.backend())
    if on_backend is None:
        raise InputError(
            f"Keras computes by {keras.backend.backend()} here. Apps train by TensorFlow or JAX: "
            "KERAS_BACKEND=tensorflow or KERAS_BACKEND=jax."
        )
    policy = keras.config.dtype_policy()
    with on_backend(computing) as place:
        keras.config.set_dtype_policy(place.policy)
        try:
            yield place
        finally:
            keras.config.set_dtype_policy(policy)


@contextlib.contextmanager
def _with_tensorflow(computing):
    import tensorflow as tf

    if computing.strategy == "multi_worker":
        from keras_seq.training.multi_worker import multi_worker_place

        yield multi_worker_place(computing)
        return
    kind = computing.device.upper()
    if computing.device == "auto":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    if kind == "TPU" or computing.strategy == "tpu":
        yield _tpu_place(computing)
        return
    devices = tf.config.list_logical_devices(kind)
    if not devices:
        found = sorted({each.device_type for each in tf.config.list_logical_devices()})
        raise InputError(f"There is no {kind} here. TensorFlow sees: {', '.join(found)}. Use --device auto.")
    # What was not measured is not chosen: without these, a GPU computes as Keras does by itself.
    options = {
        "precision": _precision(computing, "off"),
        "jit": computing.jit == "on",
        "steps_per_execution": computing.steps_per_execution,
        "wants_static_shapes": computing.jit == "on",
    }
    if computing.strategy == "mirrored" or (
        computing.strategy == "auto" and len(devices) > 1 and kind == "GPU"
    ):
        computing.check_spreading(f"A training mirrored over {len(devices)} × {kind}")
        strategy = tf.distribute.MirroredStrategy([each.name for each in devices])
        yield Place(f"{len(devices)} × {kind}, mirrored", strategy, **options)
    else:
        with tf.device(devices[0].name):
            yield Place(f"one {kind}", **options)


def _tpu_place(computing):
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        found = sorted({each.device_type for each in tf.config.list_logical_devices()})
        raise InputError(
            f"There is no TPU TensorFlow can start here; it sees: {', '.join(found)}. Use --device auto.\n"
            "On a machine with a TPU it takes a TensorFlow that was built for that. "
            "The other way is JAX: pip install 'jax[tpu]', then the same command behind "
            "KERAS_BACKEND=jax."
        ) from error
    if computing.jit == "off":
        raise InputError("A TPU computes only what XLA has compiled: leave --jit off out.")
    strategy = tf.distribute.TPUStrategy(resolver)
    return Place(
        f"a TPU of {strategy.num_replicas_in_sync} cores",
        strategy,
        precision=_precision(computing, "bfloat16"),
        steps_per_execution=computing.steps_per_execution,
        wants_static_shapes=True,
    )


@contextlib.contextmanager
def _with_jax(computing):
    import jax

    if computing.strategy not in ("auto", "single"):
        raise InputError(
            f"--strategy {computing.strategy} is TensorFlow's; Keras computes by JAX here, on one device.\n"
            "Leave it out, or train with KERAS_BACKEND=tensorflow."
        )
    kind = None if computing.device == "auto" else computing.device
    try:
        devices = jax.devices(kind)
    except RuntimeError as error:
        raise InputError(
            f"There is no {computing.device.upper()} here. JAX sees: {jax.default_backend().upper()}. "
            "Use --device auto."
        ) from error
    with jax.default_device(devices[0]):
        kind = devices[0].platform.upper()
        yield Place(
            f"one {'CPU' if kind == 'CPU' else devices[0].device_kind} by JAX",
            precision=_precision(computing, "bfloat16" if kind == "TPU" else "off"),
            jit=computing.jit != "off",
            steps_per_execution=computing.steps_per_execution,
            wants_static_shapes=computing.jit != "off",
        )


def _precision(computing, chosen):
    return chosen if computing.mixed_precision == "auto" else computing.mixed_precision
