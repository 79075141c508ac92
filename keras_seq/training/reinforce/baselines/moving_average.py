from keras import ops

from keras_seq.training.reinforce.baselines.baseline import Baseline


class MovingAverage(Baseline):
    """The mean loss of the batches before, those long ago counting less.

        average <- momentum · average + (1 - momentum) · mean loss of the batch

    It is compared with before it takes notice of the batch, so it knows nothing of the batch's choices. Each
    loss of a model has its own. Before the first batch it is 0.
    """

    def __init__(self, momentum=0.95, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def prepare(self, seen, number):
        # (average, how much of it is there): a mean that began at 0 would stay too low for long.
        self.averages = self.add_weight(
            name="averages", shape=(number, 2), initializer="zeros", trainable=False, aggregation="mean"
        )
        self.built = True

    def of_elements(self, loss, elements, passed):
        average, share = self.averages[loss.number, 0], self.averages[loss.number, 1]
        found = ops.where(share > 0, average / ops.maximum(share, 1e-6), 0.0)
        return ops.stop_gradient(ops.cast(found, elements.losses.dtype)) + ops.zeros_like(elements.losses)

    def learn(self, loss, elements):
        mean = ops.cast(ops.stop_gradient(elements.mean(elements.losses)), self.averages.dtype)
        here = ops.cast(ops.expand_dims(ops.arange(self.averages.shape[0]) == loss.number, 1), mean.dtype)
        towards = ops.stack([mean, ops.ones_like(mean)])  # (2,)
        self.averages.assign(self.averages + (1 - self.momentum) * here * (towards - self.averages))
