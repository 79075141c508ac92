from keras import ops
from keras.ops import stop_gradient

from keras_seq.training.reinforce import credit
from keras_seq.training.reinforce.estimators.estimator import Estimator


class ScoreFunction(Estimator):
    """REINFORCE: what was chosen becomes likelier by as much as the loss was better than a baseline.

        loss'_t = loss_t + A_t · (C_t - sg C_t)                  sg = stop_gradient
        A_t     = sg(loss_t - baseline_t)
        C_t     = Σ_i γ^(t - i) log p(choice_i) over the choices i that were made before element t

    Unbiased with every baseline where γ, the discount, is 1; with "none" its variance is large. A lower γ,
    for choices that a decoder makes step by step, leaves out by and by what they do to later steps, and so
    the noise of the choices made there: most of the variance of a long sentence.

    Args:
        baseline: `"moving_average"`, `"learned"`, `"self_critical"`, `"soft"`, `"none"`, or a `Baseline`.
        discount: γ, from 0 (each answers for its own step) to 1.

    References: Williams 1992, Simple Statistical Gradient-Following Algorithms for Connectionist
    Reinforcement Learning, section 4; discounts against variance: Baxter & Bartlett 2001, Infinite-Horizon
    Policy-Gradient Estimation.
    """

    def __init__(self, baseline="moving_average", discount=1.0):
        super().__init__(baseline)
        if not 0 <= discount <= 1:
            raise ValueError(f"discount is from 0 to 1. Received: discount={discount}")
        self.discount = discount
        self.unbiased = discount == 1

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
        expected, squares = self.baseline.of_choices(loss, elements, passed, self.discount) or (None, None)
        estimate, told = 0.0, []
        for place, ((_, choice), log_prob) in enumerate(zip(passed.choices, log_probs, strict=True)):
            stepwise = credit.in_steps(choice, losses)
            estimate += advantage * _without_value(
                ops.cast(credit.before(log_prob, losses, stepwise, self.discount), losses.dtype)
            )
            number = ops.shape(log_prob)[1]
            praise = credit.after(advantage * elements.counts, number, stepwise, self.discount)
            if expected is not None:
                ours = expected[place]
                expectation = credit.before(ours * log_prob, losses, stepwise, self.discount)
                estimate -= ops.cast(_without_value(expectation), losses.dtype)
                praise -= ours * credit.after(elements.counts, number, stepwise, self.discount)
            told.append(praise)
        if squares is not None:
            estimate += credit.spread(ops.cast(_without_value(squares), losses.dtype), losses)
        watched.tell(elements, passed, baseline, expected, told)
        self.baseline.learn(loss, elements)
        return losses + estimate


def _without_value(numbers):
    """0, with the gradient of the numbers."""
    return numbers - stop_gradient(numbers)
