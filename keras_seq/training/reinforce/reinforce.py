import contextvars

import keras
from keras import ops

from keras_seq.layers import choosing
from keras_seq.training.reinforce import estimators
from keras_seq.training.reinforce.credited_loss import CreditedLoss, crediting
from keras_seq.training.reinforce.targets import training_on
from keras_seq.training.reinforce.watched import Watched

# What a pass gave, from `call` to `compute_loss`: a replica of a strategy is a thread, and has its own.
_passed: contextvars.ContextVar = contextvars.ContextVar("passed", default=(None, None))


@keras.saving.register_keras_serializable("keras_seq")
class Reinforce(keras.Model):
    """A model with hard attentions, so that plain `fit` teaches them what to choose.

        model = Reinforce(model)
        model.compile("adam", loss, metrics=[...])
        model.fit(...)
        model.model.save(...)                               your model, as it was

    A choice has no gradient. What is trained instead is the expected loss: each choice becomes likelier by as
    much as the loss behind it was lower than expected (REINFORCE), or by another estimator's way. Sample
    weights, several outputs, masks, metrics, validation, mixed precision, `jit_compile` and `tf.distribute`
    are Keras' own: the losses that the model is compiled with are credited before Keras reduces them, and
    nothing else is changed. The loss that is shown is the task's.

    Args:
        model: any `keras.Model` in which something chooses: `HardAttention`, `Attention(selection="hard")`,
            also inside an `AttentionPooling`, `AttentionRNN`, `RecurrentDecoder`; several of them.
        estimator: `"leave_one_out"` (several samples, each compared with the others), `"reinforce"` (one
            sample, compared with a baseline), `"variational"` (drawn by a network that knows the answer),
            `"enumerate"` (exact, for one choice among few), `"straight_through"` (biased), or an `Estimator`.
        samples: of `"leave_one_out"`; 4 where nothing is said.
        baseline: of `"reinforce"` (where nothing is said `"moving_average"`) and `"variational"` (`"soft"`):
            `"moving_average"`, `"learned"`, `"self_critical"`, `"soft"`, `"none"`, or a `Baseline`.
        temperature: of `"straight_through"`; 1 where nothing is said.
        max_positions: of `"enumerate"`, among how many at most; 64 where nothing is said.
        discount: of `"reinforce"`, `"leave_one_out"` and `"variational"`: how much of the loss one step later
            each choice of a decoder answers for, from 0 (its own step's loss alone) to all, 1, which it is
            where nothing is said. Below 1 biased, and of less variance.
        entropy_bonus: nats of loss that a choice is spared for each nat of its entropy, so that it does not
            settle too soon.
        entropy_steps: steps of training over which the bonus falls to 0 in a line; 0: it stays.
        soft_steps: steps of training, the first ones, in which nothing is drawn: all keys are read by their
            weights, and gradients flow through these as in soft attention. So what reads the choices knows
            its task before they are made, and they begin at what soft attention found.

    Logs, beside the model's own, in training: `entropy` of a choice in nats, `baseline`, and
    `gradient_variance`, how much the estimate scatters; see `Watched`.

    Of a decoder's choices, made step by step in an `AttentionRNN`, each is credited with the losses of its
    own step and those behind it, where the loss has one number a step. So what stands behind the recurrence
    must not look ahead.

    Inference, `evaluate`, `predict` and `export` are the inner model's. `save` keeps all, to go on training.

    Raises:
        ValueError: an unknown estimator or baseline, options of another; in the first step: a model in which
            nothing chooses, a loss that gives one number a batch.

    Example:

    >>> import keras, numpy as np
    >>> from keras_seq.layers import Attention, AttentionPooling
    >>> words = keras.Input((None, 8))
    >>> context = AttentionPooling(Attention("additive", selection="hard"))(words)
    >>> model = Reinforce(keras.Model(words, keras.layers.Dense(1)(context)), samples=2)
    >>> model.compile("adam", "mse")
    >>> history = model.fit(np.ones((4, 5, 8)), np.ones((4, 1)), verbose=0)
    >>> sorted(history.history)
    ['baseline', 'entropy', 'gradient_variance', 'loss']

    References: Williams 1992, Simple Statistical Gradient-Following Algorithms for Connectionist
    Reinforcement Learning; Xu et al. 2015, Show, Attend and Tell, section 4.1; others with each estimator.
    """

    def __init__(
        self,
        model,
        estimator="leave_one_out",
        samples=None,
        baseline=None,
        temperature=None,
        max_positions=None,
        discount=None,
        entropy_bonus=0.0,
        entropy_steps=0,
        soft_steps=0,
        **kwargs,
    ):
        if isinstance(model, dict):
            model = keras.saving.deserialize_keras_object(model)
        if not isinstance(model, keras.Model) or isinstance(model, Reinforce):
            raise ValueError(f"Reinforce trains a keras.Model. Received: model={model!r}")
        super().__init__(**{"dtype": model.dtype_policy, "name": model.name, **kwargs})
        if min(entropy_bonus, entropy_steps, soft_steps) < 0:
            raise ValueError(
                "entropy_bonus, entropy_steps and soft_steps must be at least 0. Received: "
                f"entropy_bonus={entropy_bonus}, entropy_steps={entropy_steps}, soft_steps={soft_steps}"
            )
        self.autocast = False  # the inner model casts what it reads
        self.model = model
        self.options = {
            "samples": samples,
            "baseline": baseline,
            "temperature": temperature,
            "max_positions": max_positions,
            "discount": discount,
        }
        self.estimator_given = estimator
        self.estimator = estimators.get(estimator, **self.options)
        self.estimator_layers = self.estimator.layers  # tracked
        self.entropy_bonus = entropy_bonus
        self.entropy_steps = entropy_steps
        self.soft_steps = soft_steps
        self.watched = Watched()
        self.watched_metrics = self.watched.metrics  # tracked
        self.steps_taken = self.add_weight(
            name="steps_taken",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.is_ready = False
        self.built = model.built

    def compile(self, optimizer="rmsprop", loss=None, **kwargs):
        losses = keras.tree.map_structure(_credited, loss)
        for number, each in enumerate(_flat(losses)):
            each.number = number
        self.number_of_losses = max(1, len(_flat(losses)))
        self.is_ready = False
        self._prepare(getattr(self.model, "input", None) if self.model.built else None)
        super().compile(optimizer, loss=losses, **kwargs)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _prepare(self, inputs):
        """Make the estimator's weights, once the inputs are known."""
        if self.is_ready:
            return
        symbols = None if inputs is None else keras.tree.map_structure(_symbol, inputs)
        if inputs is not None and not self.model.built:
            _Called(self.model).compute_output_spec(symbols)
        self.is_ready = self.estimator.prepare(self.model, symbols, self.number_of_losses)

    @property
    def output_names(self):
        """Those of the inner model, by which losses and metrics may be given."""
        return self.model.output_names

    def call(self, inputs, training=None):
        if hasattr(self, "number_of_losses"):
            self._prepare(inputs)
        if not training:
            _passed.set((self, None))
            return self.model(inputs, training=training)
        with choosing.reading_all(self._is_soft() if self.soft_steps else None):
            passed = self.estimator.run(self.model, inputs)
        _passed.set((self, passed))
        return self.estimator.shown(passed)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        owner, passed = _passed.get()
        if not training or owner is not self or passed is None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        _passed.set((None, None))
        self.watched.tell_choices(passed)
        bonus = self._bonus()

        def credit(loss, elements):
            losses = self.estimator.credited(loss, elements, passed, self.watched)
            if self.entropy_bonus:
                entropy = self.estimator.entropy(elements, passed)
                losses -= ops.cast(bonus, losses.dtype) * (entropy - ops.stop_gradient(entropy))
            if self.soft_steps:
                losses = ops.where(self._is_soft(), elements.losses, losses)
            is_sum = loss.reduction in ("sum", "none", None)
            return losses / ops.cast(passed.copies, losses.dtype) if is_sum else losses

        with crediting(credit):
            loss = super().compute_loss(
                x,
                self.estimator.repeated(y, passed),
                passed.predictions,
                self.estimator.repeated(sample_weight, passed),
                training,
            )
        self.steps_taken.assign(self.steps_taken + 1)
        return loss

    def _is_soft(self):
        return self.steps_taken < self.soft_steps

    def _bonus(self):
        if not self.entropy_steps:
            return self.entropy_bonus
        left = 1.0 - ops.cast(self.steps_taken, "float32") / self.entropy_steps
        return self.entropy_bonus * ops.maximum(left, 0.0)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        is_training = _passed.get()[0] is not self
        told = self.estimator.watches if is_training else ()  # nothing is drawn where it is evaluated
        silent = {each.name for each in self.watched_metrics} - {*told}
        return {name: value for name, value in logs.items() if name not in silent}

    def train_step(self, *args):
        # Keras' own, of every backend: its last argument is the data.
        with training_on(args[-1]):
            return super().train_step(*args)

    def export(self, *args, **kwargs):
        """Export the inner model; arguments as `keras.Model.export` takes them."""
        return self.model.export(*args, **kwargs)

    def get_config(self):
        given = self.estimator_given
        return {
            "name": self.name,
            "model": keras.saving.serialize_keras_object(self.model),
            "estimator": given if isinstance(given, str) else keras.saving.serialize_keras_object(given),
            **self.options,
            "entropy_bonus": self.entropy_bonus,
            "entropy_steps": self.entropy_steps,
            "soft_steps": self.soft_steps,
        }


class _Called(keras.Operation):
    """A call of a model at inference, which builds it when it is traced."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def call(self, inputs):
        return self.model(inputs, training=False)


def _symbol(tensor):
    return keras.KerasTensor(tensor.shape, keras.backend.standardize_dtype(tensor.dtype))


def _credited(loss):
    return loss if loss is None or isinstance(loss, CreditedLoss) else CreditedLoss(loss)


def _flat(losses):
    return [each for each in keras.tree.flatten(losses) if each is not None]
