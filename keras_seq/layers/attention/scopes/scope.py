import keras


class Scope(keras.layers.Layer):
    """Which keys a query may attend to by where they stand: one of the parts that make an attention.

        keep, factor = scope(query, key, keep=keep, query_positions=query_positions)

    A scope narrows the masks to what lies within it (`keep`), and may weigh that by distance: the
    normalizer's weights are multiplied by `factor`.

    A scope of your own: subclass, make weights, if any, in `build(query_shape, key_shape)`, compute in
    `call`, register it with `keras.saving.register_keras_serializable`, and hand it to
    `Attention(scope=...)`. Masks are made by `keras_seq.ops.masking`. A local scope may also define `near`,
    for a cost that is linear in length.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape, key_shape):
        self.built = True

    def call(self, query, key, keep=None, query_positions=None):
        """What of the keys is kept, and by what its weights are multiplied.

        Args:
            query: float `(B, T, Dq)`.
            key: float `(B, S, …)`, prepared or not: scopes read its length alone.
            keep: bool that broadcasts to `(B, T, S)`: what the masks keep; None: all.
            query_positions: int `(T,)` or `(B, T)`: where the queries stand; None: at 0 … T-1.

        Returns:
            keep: bool that broadcasts to `(B, T, S)`; None: all.
            factor: float that broadcasts to `(B, T, S)`, in float32 or wider; None: 1 everywhere.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define call(query, key, keep, query_positions)"
        )

    def get_config(self):
        # Written out, though it adds nothing: what Keras would gather by itself fails on a dtype policy.
        return super().get_config()

    def near(self, query, key_mask):
        """How the queries fold together with the few keys that they see: what `call` says, in short.

        Args:
            query: float `(B, T, Dq)`.
            key_mask: bool `(B, S)`: which keys the masks keep.

        Returns:
            folding: one of `keras_seq.ops.windows`, rows of w queries and W keys.
            factor: float that broadcasts to `(N, w, W)`, in float32 or wider; None: 1 everywhere.
            None in place of both where folding saves nothing: `call` is asked then.
        """
        return None
