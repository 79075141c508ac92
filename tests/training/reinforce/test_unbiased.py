"""Estimates of the gradient against the exact one, over every choice there is."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.training.reinforce.baselines import Baseline
from keras_seq.training.reinforce.estimators import LeaveOneOut, ScoreFunction, score_function
from tests.training.reinforce.exact import (
    Case,
    Decoding,
    DecodingBahdanau,
    TwoKeys,
    TwoLayers,
    deviations,
    discounted_gradient,
    estimates,
    every_choice,
    exact_gradient,
    reinforced,
    step,
    summed,
)

LIMIT = 3  # standard errors
CASES = {
    "a choice": Case(),
    "two keys": TwoKeys(),
    "two layers": TwoLayers(),
    "steps": Decoding(),
    "steps of Bahdanau": DecodingBahdanau(),
}
UNBIASED = {
    "no baseline": ("reinforce", {"baseline": "none"}),
    "moving average": ("reinforce", {"baseline": "moving_average", "warm": 1}),
    "learned": ("reinforce", {"baseline": "learned"}),
    "self-critical": ("reinforce", {"baseline": "self_critical"}),
    "soft": ("reinforce", {"baseline": "soft"}),
    "leave one out": ("leave_one_out", {"samples": 4}),
    "leave one out of two": ("leave_one_out", {"samples": 2}),
}


@functools.cache
def exact(name):
    return exact_gradient(CASES[name])


def off(name, estimator, **options):
    """Standard errors between the mean estimate and the exact gradient, the worst of all coordinates."""
    samples, _ = estimates(CASES[name], estimator, **options)
    assert len(samples) == 20_000 and samples.shape[1] == len(exact(name))
    return deviations(samples, exact(name)).max()


@pytest.mark.parametrize("estimator", UNBIASED)
@pytest.mark.parametrize("name", CASES)
def test_the_mean_estimate_is_the_exact_gradient(name, estimator):
    kind, options = UNBIASED[estimator]
    assert off(name, kind, **options) < LIMIT


@pytest.mark.parametrize("estimator", ["no baseline", "learned", "soft", "leave one out of two"])
@pytest.mark.parametrize("name", ["steps", "steps of Bahdanau"])
def test_with_a_discount_it_is_that_of_choices_which_answer_less_for_later_steps(name, estimator):
    kind, options = UNBIASED[estimator]
    samples, _ = estimates(CASES[name], kind, discount=0.6, **options)
    assert deviations(samples, discounted_gradient(CASES[name], 0.6)).max() < LIMIT


def test_a_discount_is_biased_and_lowers_the_variance():
    np.testing.assert_allclose(discounted_gradient(CASES["steps"], 1.0), exact("steps"), rtol=1e-4, atol=1e-5)
    variance = {}
    for discount in (0.0, 1.0):
        samples, _ = estimates(CASES["steps"], "leave_one_out", samples=2, discount=discount)
        variance[discount] = samples.var(axis=0).sum()
        assert (deviations(samples, exact("steps")).max() > 5 * LIMIT) == (discount == 0)
    assert variance[0.0] < 0.9 * variance[1.0]  # of three steps; of more it is less yet
    assert LeaveOneOut().unbiased and not LeaveOneOut(discount=0.9).unbiased


def test_enumeration_is_the_exact_gradient_and_has_no_variance():
    samples, _ = estimates(CASES["a choice"], "enumerate", number=50)
    np.testing.assert_allclose(samples, np.tile(exact("a choice"), (50, 1)), rtol=1e-4, atol=1e-5)


def test_straight_through_is_biased():
    assert off("a choice", "straight_through") > 5 * LIMIT


class WrongSign(ScoreFunction):
    def credited(self, loss, elements, passed, watched):
        return 2 * elements.losses - super().credited(loss, elements, passed, watched)


class SeesTheChoice(Baseline):
    """A baseline that leaks what was chosen: the loss itself tells it."""

    def of_elements(self, loss, elements, passed):
        return 0.7 * elements.losses


class OwnLossToo(LeaveOneOut):
    """Compares a sample with the mean of all: its own is among them."""

    def compared(self, loss, elements, passed):
        return super().compared(loss, elements, passed) * (1 - 1 / 4) + elements.losses / 4


class SeesEarlierChoices(ScoreFunction):
    """Compares the loss of a step with what is known at that step: choices that answer for it, too."""

    def compared(self, loss, elements, passed):
        return self.log_probs(passed)[0]


MUTANTS = {
    "the wrong sign": lambda: WrongSign("none"),
    "a baseline that sees the choice": lambda: ScoreFunction(SeesTheChoice()),
    "its own loss among the others": lambda: OwnLossToo(4),
    "a baseline of the choices before": lambda: SeesEarlierChoices("none"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_what_is_wrong_is_found_out(mutant):
    name = "steps" if "before" in mutant else "a choice"
    assert off(name, MUTANTS[mutant]()) > 2 * LIMIT


def test_a_missing_stop_gradient_is_found_out(monkeypatch):
    _, right = estimates(CASES["a choice"], "reinforce", baseline="none", number=200)
    monkeypatch.setattr(score_function, "_without_value", lambda numbers: numbers)
    _, wrong = estimates(CASES["a choice"], "reinforce", baseline="none", number=200)
    assert abs(wrong - right) > 0.1 * abs(right), "the loss that is shown is not the task's any more"
    monkeypatch.setattr(score_function, "stop_gradient", lambda numbers: numbers)
    assert off("a choice", "reinforce", baseline="none") > 2 * LIMIT


def test_the_network_of_a_baseline_learns_and_leaves_the_model_alone():
    """Its own error has no way back into what the layer saw."""
    by_baseline = {}
    for loud in (0.0, 1.0):
        model = reinforced(CASES["steps"], "reinforce", baseline="learned")
        of_choices = model.estimator.baseline.of_choices
        model.estimator.baseline.of_choices = lambda *given, loud=loud, call=of_choices: (
            call(*given)[0],
            loud * call(*given)[1],
        )
        numbers, loss, tape = step(model, CASES["steps"], 50)
        network = model.estimator.baseline.trainable_weights
        *of_numbers, of_network = tape.gradient(loss, [*numbers, network[0]])
        by_baseline[loud] = summed(of_numbers)
        assert (of_network is None or not np.any(of_network)) == (loud == 0)
    np.testing.assert_allclose(by_baseline[0.0], by_baseline[1.0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("baseline", ["soft", "learned", "none"])
@pytest.mark.parametrize("name", ["a choice", "steps"])
def test_the_variational_form_is_the_gradient_of_its_bound(name, baseline):
    """-ELBO = Σ over all choices of q · (loss + log q - log p), by the numbers and by q's own weights."""
    case = CASES[name]
    model = reinforced(case, "variational", baseline=baseline)
    network = model.estimator.network
    weights = [weight.value for weight in network.trainable_weights]
    numbers, tape, losses, (choice,) = every_choice(case, model.model, weights)
    with tape:
        rows = len(losses)
        answers = network.read(np.repeat(case.targets, rows, axis=0))
        shape = tuple(choice.weights.shape)
        guide = network.guide(0, answers, numbers[-1], shape, choice.in_order)
        tilted = tf.stop_gradient(choice.weights) * tf.exp(guide)
        posterior = tilted / tf.reduce_sum(tilted, axis=-1, keepdims=True)
        log_q = tf.reduce_sum(tf.math.log(tf.reduce_sum(posterior * choice.chosen, axis=-1)), axis=1)
        log_p = tf.reduce_sum(choice.log_prob, axis=1)
        bound = tf.reduce_sum(tf.exp(log_q) * (losses + log_q - log_p))
    np.testing.assert_allclose(tf.reduce_sum(tf.exp(log_q)), 1.0, rtol=1e-4)
    gradients = tape.gradient(bound, [*numbers, *weights])
    by_numbers = summed(gradients[: len(numbers)]).sum(axis=0)
    by_weights = np.concatenate([np.ravel(tf.convert_to_tensor(each)) for each in gradients[len(numbers) :]])
    assert np.abs(by_weights).max() > 0.01

    samples, _ = estimates(case, "variational", baseline=baseline)
    assert deviations(samples, by_numbers).max() < LIMIT
    if baseline != "soft":
        return

    @tf.function
    def of_weights():
        _, loss, tape = step(model, case, 200)
        found = tape.gradient(loss, weights)
        return tf.concat([tf.reshape(tf.convert_to_tensor(each), (-1,)) / 200 for each in found], axis=0)

    away = deviations(np.array([of_weights() for _ in range(100)]), by_weights)
    assert np.mean(away < 2) > 0.9 and away.max() < 5, "thousands of coordinates, which go together"
