"""A dictionary in a TensorFlow graph."""

import tensorflow as tf

__all__ = ["graph_table"]


def graph_table(keys, values, default: int) -> tf.lookup.StaticHashTable:
    """Key -> int64, `default` for a key that is not there. Whatever uses it has to keep and track it.

    Args:
        keys: bytes or whole numbers, at least one.
        values: whole numbers, as many.
    """
    kind = tf.string if isinstance(keys[0], bytes) else tf.int64
    initializer = tf.lookup.KeyValueTensorInitializer(
        tf.constant(keys, kind), tf.constant(list(values), tf.int64)
    )
    return tf.lookup.StaticHashTable(initializer, default)
