import keras
from keras import ops

from keras_seq.training.reinforce import credit

__all__ = ["Watched"]


class Watched:
    """What is told of a training by choices, as metrics.

    entropy: of a choice, in the mean, nats.
    baseline: what a loss was compared with, in the mean.
    gradient_variance: how much the estimate of the gradient scatters, told cheaply: the square of what it
        gives for the scores of one choice, in the mean,

            E |1/K Σ_k A_k · (chosen_k - p_k)|²        A the advantage, K samples

        for a softmax the gradient by the scores themselves. The mean gradient's own square, which is small
        beside it, is not taken away.
    divergence: KL(q ‖ p) of a choice, in the mean, nats; of the variational form alone.
    """

    def __init__(self):
        self.entropy = keras.metrics.Mean(name="entropy")
        self.baseline = keras.metrics.Mean(name="baseline")
        self.gradient_variance = keras.metrics.Mean(name="gradient_variance")
        self.divergence = keras.metrics.Mean(name="divergence")

    @property
    def metrics(self):
        """Keras' metrics, to be tracked by a model."""
        return [self.entropy, self.baseline, self.gradient_variance, self.divergence]

    def tell_choices(self, passed):
        """Take notice of how uncertain the choices of a pass were."""
        for _, choice in passed.choices:
            entropies = ops.stop_gradient(credit.of_rows(choice.entropy, passed.rows))
            self.entropy.update_state(entropies, sample_weight=credit.made(choice, passed.rows))

    def tell(self, elements, passed, baseline, expected, praises):
        """Take notice of what a loss was compared with.

        Args:
            elements: the loss's.
            passed: the pass.
            baseline: of the elements.
            expected: of each layer's choices `(R, n)` besides, or None.
            praises: of each layer's choices, the advantage `(R, n)`.
        """
        baseline = ops.stop_gradient(baseline)
        if expected is None:
            self.baseline.update_state(baseline, sample_weight=ops.stop_gradient(elements.counts))
        for place, (_, choice) in enumerate(passed.choices):
            if expected is not None:
                made = credit.made(choice, passed.rows)
                self.baseline.update_state(expected[place], sample_weight=made)
            self.gradient_variance.update_state(*_squares(choice, praises[place], passed))


def _squares(choice, praise, passed):
    """Squares of the gradient by the scores `(B · n,)`, and which of them count."""
    weights = ops.stop_gradient(choice.weights)
    length = ops.shape(weights)[-1]
    total = ops.sum(weights, axis=-1, keepdims=True)
    pulls = ops.stop_gradient(choice.chosen) - weights / ops.where(total > 0, total, 1.0)
    pulls = ops.reshape(pulls, (-1, passed.copies, ops.shape(praise)[1], length))  # (B, K, n, S)
    praise = ops.reshape(ops.stop_gradient(praise), (-1, passed.copies, ops.shape(praise)[1], 1))
    mean = ops.mean(ops.cast(praise, pulls.dtype) * pulls, axis=1)  # (B, n, S)
    made = ops.reshape(credit.made(choice, passed.rows), (-1, passed.copies, ops.shape(mean)[1]))
    return ops.sum(ops.square(mean), axis=-1), ops.max(made, axis=1)
