"""The gradient of an expected loss: exactly, over every choice there is, and as an estimator gives it.

Numbers that a model reads are watched in the place of its weights: each row of a batch is a sample of the
same example, and its gradient a sample of the estimate.
"""

import copy
import itertools

import keras
import numpy as np
import tensorflow as tf

from keras_seq.layers import (
    Attention,
    AttentionPooling,
    AttentionRNN,
    BahdanauCell,
    HardAttention,
    LuongCell,
    choosing,
)
from keras_seq.losses import TokenCrossentropy
from keras_seq.training import Reinforce
from keras_seq.training.reinforce.targets import training_on

SAMPLES = 20_000
_LOUD = 1e6  # beside it Gumbel noise is nothing


def with_large_weights(model, seed=0):
    """Weights of a size at which every choice matters."""
    random = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    return model


class Case:
    """A model, the numbers of one example, and what is chosen in it.

    positions: among how many; draws: how many one after another, of all layers and steps.
    """

    positions, draws, targets = 4, 1, np.array([[0.7]], "float32")

    def numbers(self):
        random = np.random.default_rng(3)
        return [random.normal(size=(1, self.positions, 3)).astype("float32")]

    def loss(self):
        return keras.losses.MeanSquaredError(reduction="sum")

    def model(self):
        keras.utils.set_random_seed(1)
        return with_large_weights(self.build())

    def build(self):
        inputs = keras.Input((None, 3))
        context = AttentionPooling(Attention("additive", selection="hard", seed=5))(inputs)
        return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(3, "tanh")(context)))

    def choices(self):
        """Every choice there is: positions, `draws` of them."""
        return itertools.product(range(self.positions), repeat=self.draws)

    def guides(self, choices):
        """The guides of each call of a layer: `(number of choices, T, S)`."""
        return [_LOUD * np.eye(self.positions)[choices][:, None, 0]]


class TwoKeys(Case):
    """Two keys, drawn one after the other."""

    draws = 2

    def build(self):
        inputs = keras.Input((None, 3))
        attention = HardAttention("additive", k=2, seed=5)
        context = AttentionPooling(attention)(inputs)
        return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(3, "tanh")(context)))

    def choices(self):
        return itertools.permutations(range(self.positions), 2)

    def guides(self, choices):
        first, second = np.eye(self.positions)[choices].transpose(1, 0, 2)
        return [(_LOUD * (2 * first + second))[:, None]]


class TwoLayers(Case):
    """A choice, and another by what the first has found."""

    positions, draws = 3, 2

    def build(self):
        inputs = keras.Input((None, 3))
        first = AttentionPooling(Attention("additive", selection="hard", seed=5))(inputs)
        query = keras.layers.Reshape((1, 3))(first)
        second = keras.layers.Flatten()(HardAttention("dot", seed=6)(query, inputs))
        read = keras.layers.Concatenate()([first, second])
        return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(3, "tanh")(read)))

    def guides(self, choices):
        return list(_LOUD * np.eye(self.positions)[choices].transpose(1, 0, 2)[:, :, None])


class Decoding(Case):
    """A choice at each of three steps, each knowing those before, and a loss at each; the last is padding."""

    positions, draws, targets = 3, 4, np.array([[2, 0, 1, -1]])
    cell = LuongCell

    def numbers(self):
        random = np.random.default_rng(3)
        shapes = (1, 4, 2), (1, self.positions, 3)
        return [1.5 * random.normal(size=shape).astype("float32") for shape in shapes]

    def loss(self):
        return TokenCrossentropy(per="sentence", reduction="sum")

    def build(self):
        inputs, memory = keras.Input((None, 2)), keras.Input((None, 3))
        cell = self.cell(keras.layers.SimpleRNNCell(4), Attention("additive", selection="hard", seed=7))
        return keras.Model([inputs, memory], keras.layers.Dense(3)(AttentionRNN(cell)(inputs, memory)))

    def guides(self, choices):
        return [_LOUD * np.eye(self.positions)[choices]]


class DecodingBahdanau(Decoding):
    cell = BahdanauCell


class Guiding(choosing.Drawing):
    """Draws what is told."""

    def __init__(self, guides):
        self.guides = iter(guides)

    def guide(self, layer, value, shape, in_order):
        return tf.constant(next(self.guides), "float32")


def rows_of(numbers, count):
    return [tf.constant(np.repeat(each, count, axis=0)) for each in numbers]


def summed(gradients):
    return np.concatenate([np.reshape(each, (len(each), -1)) for each in gradients], axis=1)


def every_choice(case, model, watched=()):
    """Numbers, tape, losses and what was chosen of one batch: a row for every choice there is."""
    choices = np.array(list(case.choices()))
    numbers, heard = rows_of(case.numbers(), len(choices)), []
    tape = tf.GradientTape()
    with tape:
        tape.watch([*numbers, *watched])
        by = choosing.by(Guiding(case.guides(choices)))
        with by, choosing.heard(lambda layer, choice: heard.append(choice)):
            outputs = model(numbers if len(numbers) > 1 else numbers[0], training=True)
        loss = case.loss()
        loss.reduction = "none"
        losses = loss(np.repeat(case.targets, len(choices), axis=0), outputs)
    return numbers, tape, losses, heard


def exact_gradient(case):
    """Of Σ over all choices of probability · loss, by the numbers of the example: a vector."""
    numbers, tape, losses, heard = every_choice(case, case.model())
    with tape:
        probs = tf.exp(sum(tf.reduce_sum(choice.log_prob, axis=1) for choice in heard))
        total = tf.reduce_sum(probs * losses)
    np.testing.assert_allclose(tf.reduce_sum(probs), 1.0, rtol=1e-4)  # these are all choices
    return summed(tape.gradient(total, numbers)).sum(axis=0)


class StepLosses:
    """The losses of the steps `(R, T)`, 0 for padding."""

    reduction = None

    def __call__(self, targets, logits):
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(np.maximum(targets, 0), logits)
        return tf.where(targets >= 0, losses, 0.0)


def discounted_gradient(case, discount):
    """What each choice of a decoder does to the losses behind it, exactly: to later ones ever less of it."""
    case = copy.copy(case)
    case.loss = StepLosses
    numbers, tape, losses, (choice,) = every_choice(case, case.model())
    with tape:
        probs = tf.stop_gradient(tf.exp(tf.reduce_sum(choice.log_prob, axis=1)))
        total, so_far = 0.0, 0.0
        for t in range(losses.shape[1]):
            so_far = discount * so_far + choice.log_prob[:, t]
            total += tf.reduce_sum(probs * (losses[:, t] + tf.stop_gradient(losses[:, t]) * so_far))
    return summed(tape.gradient(total, numbers)).sum(axis=0)


def reinforced(case, estimator, **options):
    """The case's model to be trained, with a baseline that says something."""
    model = Reinforce(case.model(), estimator, **options)
    model.compile("sgd", case.loss())
    random = np.random.default_rng(8)
    for layer in model.estimator.layers:
        for weight in layer.trainable_weights:
            weight.assign(0.4 * random.normal(size=weight.shape))
    return model


def estimates(case, estimator, number=SAMPLES, warm=0, **options):
    """Of each of many samples the estimate of that gradient: `(number, coordinates)`, and the mean loss."""
    model = reinforced(case, estimator, **options)
    for _ in range(warm):
        step(model, case, number)
    numbers, loss, tape = step(model, case, number)
    return summed(tape.gradient(loss, numbers)), float(loss) / number


def step(model, case, number):
    """A step of training over rows of the same example: its numbers, its loss, and the tape."""
    numbers, targets = rows_of(case.numbers(), number), np.repeat(case.targets, number, axis=0)
    inputs = numbers if len(numbers) > 1 else numbers[0]
    with tf.GradientTape() as tape, training_on((inputs, targets)):
        tape.watch(numbers)
        outputs = model(inputs, training=True)
        loss = model.compute_loss(inputs, targets, outputs, training=True)
    return numbers, loss, tape


def deviations(samples, exact):
    """How many standard errors the mean of samples is off, coordinate by coordinate."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    away = np.abs(samples.mean(axis=0) - exact)
    return np.where(away < 1e-5 * np.maximum(1, np.abs(exact)), 0.0, away / np.maximum(error, 1e-12))
