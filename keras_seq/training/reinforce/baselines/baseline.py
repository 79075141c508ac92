import keras
from keras import ops


class Baseline(keras.layers.Layer):
    """What a loss is compared with before choices are praised or blamed: it lowers the variance, and no more.

    A baseline that knows nothing of a choice leaves the mean of the gradient as it is; one that knew it would
    not. So each says what it may know.

        advantage = loss - baseline
    """

    wants_seen = False
    """Whether it reads what a layer saw before it chose."""

    needs_pass = False
    """Whether it wants predictions of a pass of its own."""

    def prepare(self, seen, number):
        """Make weights.

        Args:
            seen: symbols `(B, T, W)` of what each layer sees before it chooses; None where nobody wants it.
            number: of losses.
        """
        self.built = True

    def predictions(self, model, inputs):
        """The predictions of a pass of its own; None where `needs_pass` is False."""
        return None

    def of_elements(self, loss, elements, passed):
        """What each element of a loss is compared with: what broadcasts to the losses.

        Args:
            loss: the `CreditedLoss`.
            elements: its `Elements`.
            passed: the `Passed` that they come from.
        """
        return ops.zeros_like(elements.losses)

    def of_choices(self, loss, elements, passed, discount):
        """For each layer's choices, besides: a number each, `(R, n)`, or None; and what trains it `(R,)`."""
        return None

    def learn(self, loss, elements):
        """Take notice of losses, after they were compared."""
