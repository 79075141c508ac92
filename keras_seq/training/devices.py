"""Where a model is trained."""

import contextlib

from keras_seq.errors import InputError, nearest

__all__ = ["DEVICES", "STRATEGIES", "check_device", "computing_on"]

DEVICES = ("auto", "cpu", "gpu", "tpu")
STRATEGIES = ("auto", "single", "mirrored")


def check_device(device: str, strategy: str) -> None:
    """Refuse a device or strategy that does not exist, without starting TensorFlow.

    Raises:
        InputError: an unknown name; the nearest are offered.
    """
    for name, value, known in (("--device", device, DEVICES), ("--strategy", strategy, STRATEGIES)):
        if value not in known:
            raise InputError(f"{name} takes {nearest(value, known)}. Received: {value!r}.")


@contextlib.contextmanager
def computing_on(device: str = "auto", strategy: str = "auto"):
    """Inside, models are built and trained on the device and with the strategy; gives the place in words.

    Args:
        device: `"auto"` takes a GPU where there is one; `"cpu"`, `"gpu"`, `"tpu"`.
        strategy: `"mirrored"` spreads each batch over all devices of the kind, `"single"` takes one,
            `"auto"` mirrors where there are several GPUs.

    Raises:
        InputError: there is no such device here.
    """
    import tensorflow as tf

    check_device(device, strategy)
    kind = device.upper()
    if device == "auto":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    if not devices:
        found = sorted({each.device_type for each in tf.config.list_logical_devices()})
        raise InputError(f"There is no {kind} here. TensorFlow sees: {', '.join(found)}. Use --device auto.")
    if kind == "TPU":
        raise InputError("Training on a TPU is not there yet. Use --device auto.")
    if strategy == "mirrored" or (strategy == "auto" and len(devices) > 1 and kind == "GPU"):
        with tf.distribute.MirroredStrategy([each.name for each in devices]).scope():
            yield f"{len(devices)} × {kind}, mirrored"
    else:
        with tf.device(devices[0].name):
            yield f"one {kind}"
