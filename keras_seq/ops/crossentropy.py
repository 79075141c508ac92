"""Cross-entropy of logits with smoothed labels, its gradient written out: for vocabularies of any size."""

import keras
from keras import ops

from keras_seq.ops import masking
from keras_seq.ops.precision import at_least_float32

__all__ = ["smoothed_crossentropy"]


def smoothed_crossentropy(logits, labels, label_smoothing=0.0):
    """loss_t = -Σ_j q_tj · log softmax(logits_t)_j        q_tj = (1 - ε) · [j = labels_t] + ε / V

    Computed as log Σ_j exp(logits_tj) - (1 - ε) · logits_t,labels_t - ε · mean_j logits_tj, so that no q is
    made. Kept for the way back is one tensor as large as the logits, the probabilities, and

        d logits_tj = (softmax(logits_t)_j - q_tj) · d loss_t

    where a row that counts for nothing (d loss_t = 0) gets zeros whatever stands in it, nan too.

    Args:
        logits: float `(B, T, V)`.
        labels: int `(B, T)`, each from 0 to V - 1.
        label_smoothing: ε.

    Returns:
        `(B, T)`, nats, in float32 or wider.
    """
    logits = at_least_float32(logits)
    shape, size = ops.shape(logits), logits.shape[-1]
    label = ops.reshape(ops.cast(labels, "int32"), (-1, 1))  # (N, 1): N rows, B · T of them

    @ops.custom_gradient
    def of_rows(logits):
        probs = masking.masked_softmax(logits)  # (N, V)
        highest = ops.max(logits, axis=-1, keepdims=True)
        # Of the likeliest, whose probability is at least 1 / V.
        total = highest - ops.log(ops.max(probs, axis=-1, keepdims=True))  # log Σ exp, (N, 1)
        of_label = ops.take_along_axis(logits, label, axis=-1)  # (N, 1)
        losses = total - (1 - label_smoothing) * of_label
        if label_smoothing:
            # The mean as a product: faster than the sum over rows in TensorFlow.
            share = ops.full((size, 1), label_smoothing / size, logits.dtype)
            losses = losses - ops.matmul(logits, share)

        def gradient(*upstream):  # TensorFlow gives one argument per output, JAX a tuple of them
            (d_losses,) = keras.tree.flatten(upstream)  # (N, 1)
            share = label_smoothing / size
            d_logits = ops.where(ops.equal(d_losses, 0), 0.0, (probs - share) * d_losses)
            d_label = (ops.exp(of_label - total) - share - (1 - label_smoothing)) * d_losses
            d_label = ops.where(ops.equal(d_losses, 0), 0.0, d_label)
            row = ops.expand_dims(ops.arange(ops.shape(logits)[0], dtype="int32"), 1)
            places = ops.concatenate([row, label], axis=-1)  # (N, 2)
            return ops.scatter_update(d_logits, places, ops.squeeze(d_label, -1))

        return losses, gradient

    return ops.reshape(of_rows(ops.reshape(logits, (-1, size))), shape[:-1])
