import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import choices
from keras_seq.training.reinforce import credit
from keras_seq.training.reinforce.estimators.score_function import ScoreFunction
from keras_seq.training.reinforce.inference_network import InferenceNetwork
from keras_seq.training.reinforce.passed import Passed
from keras_seq.training.reinforce.targets import known_targets


class Variational(ScoreFunction):
    """Choices drawn by a network that sees the answer too; the model's own learn to be like them.

        loss' = E_{z ~ q} loss(z) + KL(q ‖ p)        p(z | x) the model's, q(z | x, y) of an inference network
        q_ts  ∝ p_ts · exp(guide_ts)

    The evidence lower bound: of all q it is highest at the posterior, which tells where the answer was found.
    What reads the choices learns from good ones, p from the divergence alone, and q by REINFORCE. The guide
    begins at 0, where q = p. For choices of one key.

    The loss and the metrics that training shows are those after choices of q, which knows the answer: better
    than those of validation. The log `divergence` is KL(q ‖ p) of a choice, in nats.

    Args:
        baseline: as of `ScoreFunction`; the paper's is `"soft"`.
        units: width of the inference network.
        discount: as of `ScoreFunction`.

    References: Deng et al. 2018, Latent Alignment and Variational Attention, section 4 and algorithm 1;
    Lawson et al. 2018, Learning Hard Alignments with Variational Inference.
    """

    wants_targets = True
    watches = ("entropy", "baseline", "gradient_variance", "divergence")

    def __init__(self, baseline="soft", units=64, discount=1.0):
        super().__init__(baseline, discount)
        require_at_least(2, units=units)
        self.network = InferenceNetwork(units, name="inference_network")

    @property
    def layers(self):
        return [self.baseline, self.network]

    def prepare(self, model, inputs, number):
        if inputs is None:
            return False
        if not self.network.built:
            widths = []
            outputs = _Traced(model, widths).compute_output_spec(inputs)
            if not widths:
                raise ValueError(
                    "The variational form guides the keys that a hard attention draws, and nothing in this "
                    f"model draws any. Received: {model.name}"
                )
            self.network.prepare(outputs, _of_one_trace(widths))
        return super().prepare(model, inputs, number)

    def run(self, model, inputs):
        chooser = _Guided(self.network, self.network.read(known_targets()))
        predictions, heard = self.passed(model, inputs, chooser)
        others = self.baseline.predictions(model, inputs)
        return Passed(predictions, heard, others=others, notes=chooser.guides)

    def _posteriors(self, passed):
        """Of each layer (log q of what was chosen, KL), both `(R, n)`."""
        found = []
        for (_, choice), guide in zip(passed.choices, passed.notes, strict=True):
            prior = choices.shares(choice.weights)
            # Of q's own gradient the guide alone is the way: p learns from the divergence.
            posterior = _tilted(ops.stop_gradient(prior), guide)
            log_ratio = _log(posterior) - _log(prior)
            divergence = ops.sum(ops.where(prior > 0, posterior * log_ratio, 0.0), axis=-1)
            chosen = ops.stop_gradient(choice.chosen)
            log_prob = ops.sum(ops.where(chosen > 0, _log(posterior), 0.0), axis=-1)
            found.append((credit.of_rows(log_prob, passed.rows), credit.of_rows(divergence, passed.rows)))
        return found

    def log_probs(self, passed):
        return [log_prob for log_prob, _ in self._posteriors(passed)]

    def credited(self, loss, elements, passed, watched):
        plain, counts = elements.losses, elements.counts
        divergence = ops.zeros_like(plain)
        for (_, choice), (_, each) in zip(passed.choices, self._posteriors(passed), strict=True):
            watched.divergence.update_state(ops.stop_gradient(each), credit.made(choice, passed.rows))
            if not credit.in_steps(choice, plain):
                number = ops.maximum(credit.after(ops.cast(counts > 0, each.dtype), 1, False), 1.0)
                each = ops.sum(each, axis=1) / number[:, 0]
            divergence += ops.cast(credit.spread(each, plain), plain.dtype)
        # What comes later of the divergence is part of what a choice answers for.
        elements.losses = ops.where(counts > 0, plain + divergence, 0.0)
        result = super().credited(loss, elements, passed, watched)
        elements.losses = plain
        return result - ops.stop_gradient(ops.where(counts > 0, divergence, 0.0))


class _Guided(choosing.Drawing):
    """Draws by q, and keeps the guides of the calls, in their order."""

    def __init__(self, network, answers):
        self.network, self.answers, self.guides = network, answers, []

    def guide(self, layer, value, shape, in_order):
        guide = self.network.guide(len(self.guides), self.answers, value, shape, in_order)
        self.guides.append(guide)
        return guide

    def order(self, weights, noise, count):
        if count != 1:
            raise ValueError(
                "The variational form is for choices of one key. "
                f"Received: k={count}. Use estimator='leave_one_out'."
            )
        return super().order(weights, noise, count)


class _Noting(choosing.Drawing):
    """Notes how wide the values are to which is attended."""

    def __init__(self, widths):
        self.widths = widths

    def guide(self, layer, value, shape, in_order):
        self.widths.append((layer, value.shape[-1]))


class _Traced(keras.Operation):
    """The predictions of a pass; on the way the widths are noted."""

    def __init__(self, model, widths):
        super().__init__()
        self.model, self.widths = model, widths

    def call(self, inputs):
        self.widths.append(None)  # a trace begins
        with choosing.by(_Noting(self.widths)):
            return self.model(inputs, training=True)


def _of_one_trace(widths):
    """Widths of the calls of the last trace: a backend may trace more than once."""
    last = len(widths) - widths[::-1].index(None)
    return [width for _, width in widths[last:]]


def _tilted(prior, guide):
    """q ∝ prior · exp(guide); zeros where the prior is."""
    kept = ops.where(prior > 0, guide, -1e9)
    kept = ops.where(prior > 0, kept - ops.stop_gradient(ops.max(kept, axis=-1, keepdims=True)), 0.0)
    return choices.shares(prior * ops.exp(kept))


def _log(numbers):
    return ops.log(ops.maximum(numbers, 1e-30))
