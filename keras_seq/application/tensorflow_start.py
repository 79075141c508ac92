"""Starting TensorFlow without its remarks on processors and missing graphics cards."""

from keras_seq.export.stderr import native_messages_dropped

__all__ = ["start_tensorflow"]


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for devices, while what its C++ says to standard error is dropped.

    Its first remarks come before any log level is in force. For the command line only: a program of your
    own decides for itself what it wants to read.
    """
    import absl.logging

    with native_messages_dropped():
        import tensorflow as tf

        tf.config.list_logical_devices()
    tf.get_logger().setLevel("ERROR")
    absl.logging.set_verbosity(absl.logging.ERROR)
