import keras
from keras import ops

from keras_seq.layers.numbers import require_at_least
from keras_seq.ops.picking import repeated_rows
from keras_seq.training.reinforce.estimators.score_function import ScoreFunction
from keras_seq.training.reinforce.passed import Passed


class LeaveOneOut(ScoreFunction):
    """REINFORCE with several samples of each example, each compared with the mean of the others.

        baseline_k = Σ_{j ≠ k} loss_j / (K - 1)

    Nothing is learned or kept for it: the others know the example and not the choice. Unbiased.

    Cost: K passes in one, of K times the rows.

    Args:
        samples: K, at least 2.
        discount: as of `ScoreFunction`.

    References: Kool et al. 2019, Buy 4 REINFORCE Samples, Get a Baseline for Free!; Mnih & Rezende 2016,
    Variational Inference for Monte Carlo Objectives.
    """

    def __init__(self, samples=4, discount=1.0):
        super().__init__("none", discount)
        require_at_least(2, samples=samples)
        self.samples = samples

    def run(self, model, inputs):
        rows = keras.tree.map_structure(
            lambda each: repeated_rows(ops.convert_to_tensor(each), self.samples), inputs
        )
        return Passed(*self.passed(model, rows, self.chooser()), copies=self.samples)

    def compared(self, loss, elements, passed):
        losses = elements.losses
        shape = ops.shape(losses)
        of_examples = ops.reshape(losses, (-1, self.samples, *shape[1:]))  # (B, K, …)
        others = ops.sum(of_examples, axis=1, keepdims=True) - of_examples
        return ops.reshape(others / (self.samples - 1), shape)
