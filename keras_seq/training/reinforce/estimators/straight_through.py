from keras_seq.layers import choosing
from keras_seq.ops import choices
from keras_seq.training.reinforce.estimators.estimator import Estimator


class StraightThrough(Estimator):
    """Gumbel-softmax, straight through: forward what was drawn, backward as if all keys had been read.

        chosen = hard + soft - sg(soft)            soft = softmax((log weights + noise) / temperature)

    Biased: its mean is the gradient of another loss. Its variance is small, and it needs no baseline. At a
    high temperature the bias is large, at a low one the variance.

    Args:
        temperature: above 0.

    References: Jang et al. 2017, Categorical Reparameterization with Gumbel-Softmax, section 2.2; Maddison et
    al. 2017, The Concrete Distribution.
    """

    unbiased = False
    watches = ("entropy",)

    def __init__(self, temperature=1.0):
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0. Received: temperature={temperature}")
        self.temperature = temperature

    def chooser(self):
        return _Relaxing(self.temperature)

    def credited(self, loss, elements, passed, watched):
        return elements.losses


class _Relaxing(choosing.Chooser):
    def __init__(self, temperature):
        self.temperature = temperature

    def order(self, weights, noise, count):
        order = choices.raced(weights, noise, count)
        return choices.relaxed(weights, noise, order, self.temperature)
