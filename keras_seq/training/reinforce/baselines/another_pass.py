from keras import ops

from keras_seq.layers import choosing
from keras_seq.training.reinforce.baselines.baseline import Baseline


class SelfCritical(Baseline):
    """The loss of the same example where the heaviest keys are chosen, as at inference.

    It knows the example and not the choices. It costs a pass, without its way back.

    Reference: Rennie et al. 2017, Self-Critical Sequence Training for Image Captioning, section 3.
    """

    needs_pass = True

    def predictions(self, model, inputs):
        return model(inputs, training=False)

    def of_elements(self, loss, elements, passed):
        return ops.stop_gradient(loss.of_elements(elements.y_true, passed.compared_with(elements.y_pred)))


class SoftBaseline(SelfCritical):
    """The loss of the same example where all keys are read, by their weights.

    Reference: Deng et al. 2018, Latent Alignment and Variational Attention, section 4.
    """

    def predictions(self, model, inputs):
        with choosing.by(choosing.ReadingAll()):
            return model(inputs, training=True)
