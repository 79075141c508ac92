from keras import ops
from keras.ops import stop_gradient

from keras_seq.training.reinforce import credit
from keras_seq.training.reinforce.estimators.estimator import Estimator


class ScoreFunction(Estimator):
    """REINFORCE: what was chosen becomes likelier by as much as the loss was better than a baseline.

        loss'_t = loss_t + A_t · (C_t - sg C_t)                  sg = stop_gradient
        A_t     = sg(loss_t - baseline_t)
        C_t     = Σ log p(choice_i) over the choices i that were made before element t

    Unbiased with every baseline; with "none" its variance is large.

    Args:
        baseline: `"moving_average"`, `"learned"`, `"self_critical"`, `"soft"`, `"none"`, or a `Baseline`.

    Reference: Williams 1992, Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
    Learning, section 4.
    """

    def __init__(self, baseline="moving_average"):
        super().__init__(baseline)

    def compared(self, loss, elements, passed):
        """What each element of the loss is compared with."""
        return self.baseline.of_elements(loss, elements, passed)

    def log_probs(self, passed):
        """Of each layer's choices, `(R, n)`."""
        return [credit.of_rows(choice.log_prob, passed.rows) for _, choice in passed.choices]

    def credited(self, loss, elements, passed, watched):
        losses, log_probs = elements.losses, self.log_probs(passed)
        baseline = stop_gradient(self.compared(loss, elements, passed))
        advantage = stop_gradient(losses - baseline) * ops.cast(elements.counts > 0, losses.dtype)
        expected, squares = self.baseline.of_choices(loss, elements, passed) or (None, None)
        estimate, told = 0.0, []
        for place, ((_, choice), log_prob) in enumerate(zip(passed.choices, log_probs, strict=True)):
            stepwise = credit.in_steps(choice, losses)
            estimate += advantage * _without_value(
                ops.cast(credit.before(log_prob, losses, stepwise), losses.dtype)
            )
            praise = credit.after(advantage * elements.counts, ops.shape(log_prob)[1], stepwise)
            if expected is not None:
                ours = expected[place]
                estimate -= ops.cast(
                    _without_value(credit.before(ours * log_prob, losses, stepwise)), losses.dtype
                )
                praise -= ours * credit.after(elements.counts, ops.shape(log_prob)[1], stepwise)
            told.append(praise)
        if squares is not None:
            estimate += credit.spread(ops.cast(_without_value(squares), losses.dtype), losses)
        watched.tell(elements, passed, baseline, expected, told)
        self.baseline.learn(loss, elements)
        return losses + estimate


def _without_value(numbers):
    """0, with the gradient of the numbers."""
    return numbers - stop_gradient(numbers)
