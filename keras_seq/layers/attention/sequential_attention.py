from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.stepping import over_steps
from keras_seq.ops import masking


class SequentialAttention(Attention):
    """An attention that reads at each step what it attended to before: what its kinds share.

        weights_t, alignment_t = align(query_t, key, keep_t, alignment_{t-1})         t = 1 … T
        context_t = Σ_s weights_ts · value_s

    The alignment `(B, S)` is what the steps hand on. Queries are taken one after another, in order: a masked
    query has weights of zeros and leaves the alignment as it was.

    Inside an `AttentionRNN` the cell makes these steps.
    """

    def __init__(self, **kwargs):
        super().__init__(scope="global", selection="soft", **kwargs)

    def initial_alignment(self, batch_size, length):
        """alignment_0 `(B, S)`."""
        raise NotImplementedError(f"{type(self).__name__} must define initial_alignment(batch_size, length)")

    def align(self, query, key, keep, alignment, noise=None):
        """One step.

        Args:
            query: `(B, 1, Dq)`.
            key: what `score.prepare` gave.
            keep: bool, broadcastable to `(B, 1, S)`, or None.
            alignment: `(B, S)`, in float32 or wider.
            noise: `(B, 1, S)`, or None.

        Returns:
            weights `(B, 1, S)` and the alignment after the step, in float32 or wider.
        """
        raise NotImplementedError(f"{type(self).__name__} must define align(query, key, keep, alignment)")

    def noise(self, shape):
        """What the steps of training draw at random, `(B, T, S)`, drawn before their loop; None: nothing."""
        return None

    def loss(self, weights, query_mask=None):
        """A loss of the weights `(B, T, S)` that training adds; None: none."""
        return None

    @property
    def has_loss(self):
        """Whether `loss` gives one."""
        return False

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        query, value, key = masking.zero_padding(query, value, key, query_mask, value_mask, key_mask)
        prepared = self.score.prepare(key)
        keep = masking.attention_mask(None, value_mask, key_mask, attention_mask)  # to (B, T, S), or None
        batch, length, number = ops.shape(query)[0], ops.shape(query)[1], ops.shape(value)[1]
        noise = self.noise((batch, length, number)) if training else None

        # What a loop reads is one tensor: [query ; keep ; noise].
        width, parts = query.shape[-1], [query]
        if keep is not None:
            keep = ops.broadcast_to(keep, (batch, length, number))
            parts.append(ops.cast(keep, query.dtype))
        if noise is not None:
            parts.append(ops.cast(noise, query.dtype))

        def step(each, alignment):
            each = ops.expand_dims(each, 1)  # (B, 1, Dq + S + S)
            kept = None if keep is None else each[..., width : width + number] > 0
            drawn = None if noise is None else each[..., -number:]
            weights, alignment = self.align(each[..., :width], prepared, kept, alignment, drawn)
            return ops.squeeze(weights, 1), alignment

        with recording.not_recording():
            weights, _ = over_steps(
                step, ops.concatenate(parts, axis=-1), self.initial_alignment(batch, number), query_mask
            )  # (B, T, S)
        if self.has_loss:
            self.add_loss(self.loss(weights, query_mask))
        weights = ops.cast(weights, self.compute_dtype)
        recording.report(self, weights)
        context = ops.matmul(self.weights_dropout(weights, training=training), value)  # (B, T, Dv)
        return (context, weights) if return_attention_scores else context

    def get_config(self):
        config = super().get_config()
        del config["scope"], config["selection"]  # every key, and softly
        return config
