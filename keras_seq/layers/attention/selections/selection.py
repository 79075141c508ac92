import keras


class Selection(keras.layers.Layer):
    """What is read of the weighted keys: the last of the parts that make an attention.

        chosen = selection(weights, training=training)      (…, S) -> (…, S)
        context = chosen @ value

    Weights are 0 where a mask drops, and there what is chosen must be 0 too.

    A selection of your own: subclass, compute in `call(weights, training)`, register it with
    `keras.saving.register_keras_serializable`, and hand it to `Attention(selection=...)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # weights come in float32 or wider, and stay
        self.supports_masking = True

    def noise(self, shape, dtype="float32"):
        """The random numbers of a call in training, for loops: in them nothing may be drawn; None: none."""
        return None

    def call(self, weights, training=None):
        """Weights with which the values are read, `(…, S)`.

        Where `noise` gives some, `call` must take it: `call(weights, training, noise)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define call(weights, training)")

    def get_config(self):
        # Written out, though it adds nothing: what Keras would gather by itself fails on a dtype policy.
        return super().get_config()
