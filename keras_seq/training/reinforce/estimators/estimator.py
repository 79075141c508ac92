import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.ops.picking import repeated_rows
from keras_seq.training.reinforce import baselines, credit
from keras_seq.training.reinforce.passed import Passed

__all__ = ["Estimator"]


class Estimator:
    """A way to the gradient of a loss by random choices: how a model passes, and what its losses become.

    One step of training:

        passed = estimator.run(model, inputs)
        losses = estimator.credited(loss, elements, passed)          once for each loss

    Of the losses that come back the value is the task's, the gradient the estimate.

    Args:
        baseline: its name, or a `Baseline`.
    """

    unbiased = True
    """Whether the mean of its estimates is the gradient of the expected loss."""

    watches = ("entropy", "baseline", "gradient_variance")
    """What of `Watched` it tells."""

    wants_targets = False
    """Whether `run` needs to know the targets."""

    def __init__(self, baseline="none"):
        self.baseline = baselines.get(baseline)

    def chooser(self) -> choosing.Chooser:
        """How keys are chosen in a pass."""
        return choosing.Drawing()

    def prepare(self, model, inputs, number):
        """Make weights, of the baseline say.

        Args:
            model: the model that is trained.
            inputs: symbols of its inputs; None while nobody knows them.
            number: of losses.

        Returns:
            Whether it is ready.
        """
        seen = None
        if self.baseline.wants_seen:
            if inputs is None:
                return False
            seen = _Seen(self, model).compute_output_spec(inputs)
        self.baseline.prepare(seen, number)
        return True

    @property
    def layers(self):
        """What has weights of its own."""
        return [self.baseline]

    def run(self, model, inputs) -> Passed:
        """Pass through the model in training."""
        predictions, choices = self.passed(model, inputs, self.chooser())
        return Passed(predictions, choices, others=self.baseline.predictions(model, inputs))

    def passed(self, model, inputs, chooser):
        """Predictions and choices of one pass.

        Raises:
            ValueError: nothing was chosen.
        """
        choices = []

        def hear(layer, choice):
            choices.append((layer, choice))

        with choosing.by(chooser), choosing.heard(hear, with_seen=self.baseline.wants_seen):
            predictions = model(inputs, training=True)
        if not choices:
            raise ValueError(
                "Nothing in this model chooses, so an estimator has nothing to do. Expected a hard "
                'attention: HardAttention, or Attention(selection="hard"). '
                f"Received: {model.name} with the layers {', '.join(layer.name for layer in model.layers)}"
            )
        return predictions, choices

    def shown(self, passed: Passed):
        """The predictions that metrics see, `(B, …)`: of each example the first."""
        if passed.copies == 1:
            return passed.predictions
        first = FirstOf(passed.copies)
        return keras.tree.map_structure(first, passed.predictions)

    def repeated(self, tensors, passed: Passed):
        """Targets or weights `(B, …)`, nested, as many as there are rows; None stays."""
        return keras.tree.map_structure(
            lambda each: each if each is None else repeated_rows(ops.convert_to_tensor(each), passed.copies),
            tensors,
        )

    def credited(self, loss, elements, passed: Passed, watched):
        """The losses, with the gradient that this estimates.

        Args:
            loss: the `CreditedLoss`.
            elements: its `Elements`, R rows.
            passed: what `run` gave.
            watched: `Watched`, whom is told what may be of interest.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define credited(loss, elements, passed, watched)"
        )

    def entropy(self, elements, passed: Passed):
        """The mean entropy of the choices that go with each element: what broadcasts to the losses."""
        total = 0.0
        for _, choice in passed.choices:
            entropies = credit.of_rows(choice.entropy, passed.rows)
            if not credit.in_steps(choice, elements.losses):
                made = ops.sum(credit.made(choice, passed.rows), axis=1)
                entropies = ops.sum(entropies, axis=1) / ops.maximum(made, 1.0)
            total = total + credit.spread(entropies, elements.losses)
        return ops.cast(total / len(passed.choices), elements.losses.dtype)


class _Seen(keras.Operation):
    """What the layers of a pass see before they choose, found by tracing it."""

    def __init__(self, estimator, model):
        super().__init__()
        self.estimator, self.model = estimator, model

    def call(self, inputs):
        _, choices = self.estimator.passed(self.model, inputs, self.estimator.chooser())
        return [choice.seen for _, choice in choices]


class FirstOf(keras.layers.Layer):
    """Every n-th row, and of its mask."""

    def __init__(self, number):
        super().__init__(autocast=False)
        self.supports_masking = True
        self.number = number

    def call(self, rows):
        return rows[:: self.number]

    def compute_mask(self, rows, previous_mask=None):
        return None if previous_mask is None else previous_mask[:: self.number]
