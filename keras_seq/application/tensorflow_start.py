"""Starting TensorFlow without its remarks on processors and missing graphics cards."""

from keras_seq.export.stderr import native_messages_dropped

__all__ = ["start_tensorflow"]


def start_tensorflow(find_devices: bool = True) -> None:
    """Import TensorFlow and let it look for devices, while what its C++ says to standard error is dropped.

    Its first remarks come before any log level is in force. For the command line only: a program of your
    own decides for itself what it wants to read. Where Keras computes by JAX, TensorFlow reads the data and
    leaves graphics cards alone.

    Args:
        find_devices: False leaves that to who joins several machines, before which nothing may have.
    """
    import absl.logging

    with native_messages_dropped():
        import keras
        import tensorflow as tf

        if keras.backend.backend() == "jax":
            tf.config.set_visible_devices([], "GPU")
        if find_devices:
            tf.config.list_logical_devices()
    tf.get_logger().setLevel("ERROR")
    absl.logging.set_verbosity(absl.logging.ERROR)
