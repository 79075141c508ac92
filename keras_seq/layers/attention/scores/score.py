import keras


class Score(keras.layers.Layer):
    """How well each key answers each query: the first of the parts that make an attention.

        scores = score(query, score.prepare(key))      (B, T, Dq), (B, S, Dk) -> (B, T, S)

    What depends on the key alone is done in `prepare`, once a call, so that a decoder that attends at
    every step pays per step only what a step costs.

    A score of your own: subclass, make weights in `build(query_shape, key_shape)`, compute in
    `call(query, key)`, register it with `keras.saving.register_keras_serializable`, and hand it to
    `Attention(score=...)`. Where score_ts follows from query_t and key_s alone, whatever else stands in the
    sequences, say `of_pairs = True`: then local scopes show it only the keys near a query.
    """

    of_pairs = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape, key_shape):
        """Make the weights; `key_shape` is that of the key before `prepare`."""
        self.built = True

    def prepare(self, key):
        """The part that depends on the key alone: `(B, S, Dk)` -> what `call` takes as `key`."""
        return key

    def call(self, query, key):
        """Scores `(B, T, S)` of a query `(B, T, Dq)` against a prepared key."""
        raise NotImplementedError(f"{type(self).__name__} must define call(query, key)")

    def get_config(self):
        # Written out, though it adds nothing: what Keras would gather by itself fails on a dtype policy.
        return super().get_config()
