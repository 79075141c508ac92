import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import choices
from keras_seq.ops.picking import repeated_rows
from keras_seq.training.reinforce import credit
from keras_seq.training.reinforce.estimators.estimator import Estimator
from keras_seq.training.reinforce.passed import Passed


class Enumeration(Estimator):
    """The expected loss itself: every position is chosen once, and its loss counts by its probability.

        loss'_b = Σ_s p_bs · loss_b(s)

    Exact, so without variance; dropout remains. For one choice of one key an example, among few positions.

    Cost: a pass of S times the rows, and one at inference, for S positions.

    Args:
        max_positions: S at most; it is there to be raised by who knows what it costs.

    Raises:
        ValueError: more positions, more than one choice an example, or of more than one key. In a graph of
            unknown lengths TensorFlow raises it as an InvalidArgumentError of the step.
    """

    watches = ("entropy",)

    def __init__(self, max_positions=64):
        super().__init__()
        require_at_least(1, max_positions=max_positions)
        self.max_positions = max_positions

    def run(self, model, inputs):
        positions = self._positions(model, inputs)
        rows = keras.tree.map_structure(
            lambda each: repeated_rows(ops.convert_to_tensor(each), positions), inputs
        )
        number = ops.shape(keras.tree.flatten(rows)[0])[0]
        place = ops.arange(number, dtype="int32") % positions
        predictions, heard = self.passed(model, rows, _Forcing(place))
        return Passed(predictions, heard, copies=positions, notes=place)

    def _positions(self, model, inputs):
        """S, a number or, of unknown length, a tensor."""
        heard = []
        with choosing.heard(lambda layer, choice: heard.append(choice)):
            model(inputs, training=False)
        number = sum(choice.weights.shape[1] or 2 for choice in heard)
        if number > 1:
            raise ValueError(
                "Enumeration is for one choice an example: n choices among S positions would be S^n passes. "
                f"Received: {len(heard)} layers that choose, with {_shapes(heard)} queries. "
                "Use estimator='leave_one_out'."
            )
        if not heard:
            return 1  # whoever passes says so
        (choice,) = heard
        found = choice.weights.shape[-1]
        if found is None:
            found = ops.shape(choice.weights)[-1]
            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.debugging.assert_less_equal(found, self.max_positions, self._letter("more"))
        elif found > self.max_positions:
            raise ValueError(self._letter(found))
        return found

    def _letter(self, found):
        return (
            f"Enumeration passes through the model once for each position, here {found} times the work of a "
            f"step. Received: {found} positions, max_positions={self.max_positions}. Shorten the inputs, "
            "raise max_positions, or use estimator='leave_one_out'."
        )

    def shown(self, passed):
        """Of each example the predictions after the likeliest choice."""
        weights = passed.choices[0][1].weights  # (R, 1, S), of each example S times the same
        weights = ops.reshape(weights, (-1, passed.copies, ops.shape(weights)[-1]))[:, 0]  # (B, S)
        likeliest = ops.cast(ops.argmax(weights, axis=-1), "int32")
        rows = ops.arange(ops.shape(weights)[0], dtype="int32") * passed.copies + likeliest
        return keras.tree.map_structure(lambda each: ops.take(each, rows, axis=0), passed.predictions)

    def credited(self, loss, elements, passed, watched):
        share = choices.shares(passed.choices[0][1].weights)[:, 0]  # (R, S)
        place = ops.arange(ops.shape(share)[-1], dtype="int32")
        here = ops.sum(ops.where(place == ops.expand_dims(passed.notes, 1), share, 0.0), axis=-1)  # (R,)
        copies = ops.cast(passed.copies, here.dtype)
        # Where nothing may be chosen every copy is the same.
        here = ops.where(ops.sum(share, axis=-1) > 0, here * copies, 1.0)
        return credit.spread(ops.cast(here, elements.losses.dtype), elements.losses) * elements.losses


class _Forcing(choosing.Chooser):
    def __init__(self, place):
        self.place = place

    def order(self, weights, noise, count):
        if count != 1:
            raise ValueError(
                f"Enumeration is for choices of one key. Received: k={count}. Use estimator='leave_one_out'."
            )
        return choices.forced(weights, self.place)


def _shapes(heard):
    return ", ".join(str(choice.weights.shape[1] or "an unknown number of") for choice in heard)
