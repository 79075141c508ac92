import keras
from keras import ops

from keras_seq.training.reinforce import credit
from keras_seq.training.reinforce.baselines.baseline import Baseline


class LearnedBaseline(Baseline):
    """What a small network expects of each choice, from what the layer saw before it chose.

        expected_i = W2 tanh(W1 seen_i + b1) + b2        of the mean of the losses that choice i answers for

    seen is the query beside what a soft attention would read, with no gradient back into the model. So it
    knows the example, and of a decoder's choices those before, and not the choice itself. It learns by least
    squares, in the same step and with the same optimizer as the model.

    Args:
        units: width of the hidden layer.

    Reference: Mnih & Gregor 2014, Neural Variational Inference and Learning in Belief Networks, section 2.3.
    """

    wants_seen = True

    def __init__(self, units=64, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.networks = []

    def prepare(self, seen, number):
        self.networks = []
        for place, each in enumerate(seen):
            inner = keras.layers.Dense(self.units, "tanh", dtype="float32", name=f"hidden_{place}")
            outer = keras.layers.Dense(number, dtype="float32", name=f"expected_{place}")
            network = keras.Sequential([keras.Input((each.shape[-1],)), inner, outer])
            self.networks.append(network)
        self.built = True

    def of_choices(self, loss, elements, passed, discount):
        expected, squares = [], 0.0
        for network, (_, choice) in zip(self.networks, passed.choices, strict=True):
            stepwise = credit.in_steps(choice, elements.losses)
            seen = ops.reshape(choice.seen, (-1, choice.seen.shape[-1]))  # (R · n, W)
            found = credit.of_rows(network(seen)[:, loss.number], passed.rows)  # (R, n)
            number = ops.shape(found)[1]
            total = credit.after(elements.losses * elements.counts, number, stepwise, discount)
            count = credit.after(elements.counts, number, stepwise, discount)
            target = ops.stop_gradient(total / ops.maximum(count, 1e-6))
            square = ops.where(count > 0, ops.square(found - target), 0.0)
            squares = squares + ops.mean(square * credit.made(choice, passed.rows), axis=1)
            expected.append(ops.stop_gradient(found))
        return expected, squares
