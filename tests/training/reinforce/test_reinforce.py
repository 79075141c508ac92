"""Plain fit of models that choose: everywhere that Keras fits, and what it says when it cannot."""

import json
import warnings

import keras
import numpy as np
import pytest

from keras_seq.layers import Attention, AttentionPooling, HardAttention
from keras_seq.losses import TokenCrossentropy
from keras_seq.models import attention_choices
from keras_seq.training import Reinforce, Tolerant, build_all
from keras_seq.training.reinforce import ChosenPositions, CreditedLoss
from keras_seq.training.tolerant import strictly
from tests.fresh_process import fresh_process
from tests.training.reinforce.models import (
    ESTIMATORS,
    LABELS,
    NEXT,
    NUMBERS,
    TARGET,
    WORDS,
    crossentropy,
    decoder,
    hard,
    pooling,
)

TOLD = {
    "straight through": {"entropy"},
    "enumerate": {"entropy"},
    "variational": {"entropy", "baseline", "gradient_variance", "divergence"},
}


def fitted(model, targets=LABELS, inputs=WORDS, loss=None, epochs=1, way="eager", fit=None, **options):
    """The model to be trained, after an epoch; eagerly unless told, as tracing is what takes the time."""
    model = Reinforce(model, **options)
    model.compile(
        keras.optimizers.SGD(0.5),
        loss or crossentropy(),
        metrics=["accuracy"],
        run_eagerly=way == "eager",
        jit_compile=way == "xla",
    )
    fit = {"batch_size": 12, "epochs": epochs, "shuffle": False, **(fit or {})}
    return model, model.fit(inputs, targets, verbose=0, **fit).history


def moved(model, train):
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    result = train()
    still = [
        path
        for path, weight in zip(before, model.trainable_weights, strict=True)
        if np.array_equal(before[path], weight.numpy())
    ]
    assert not still and all(np.isfinite(weight.numpy()).all() for weight in model.trainable_weights), still
    return result


WAYS = [
    *[(name, "eager") for name in ESTIMATORS],
    ("variational", "graph"),
    *[(name, "xla") for name in ("leave one out", "enumerate")],
]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_every_estimator_trains_every_weight_under_plain_fit(name, way):
    inner = pooling()
    fit = {"validation_data": (WORDS[:20], LABELS[:20]), "sample_weight": np.ones(32)}
    model, history = moved(
        inner, lambda: fitted(inner, fit=fit, way=way, **ESTIMATORS[name], entropy_bonus=0.1)
    )
    told = TOLD.get(name, {"entropy", "baseline", "gradient_variance"})
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"} | told
    assert 0 < history["entropy"][0] <= np.log(6) + 1e-5
    plain = pooling()
    plain.compile(loss=crossentropy(), run_eagerly=True)
    plain.set_weights(inner.get_weights())
    assert history["val_loss"][0] == pytest.approx(
        plain.evaluate(WORDS[:20], LABELS[:20], verbose=0), rel=1e-5
    )
    np.testing.assert_allclose(model.predict(WORDS, verbose=0), plain.predict(WORDS, verbose=0), atol=1e-5)


@pytest.mark.parametrize("name", ["leave one out", "learned", "soft", "straight through", "variational"])
def test_a_decoder_learns_from_what_comes_after_its_choices(name):
    inner = decoder()
    _, history = moved(
        inner,
        lambda: fitted(
            inner, NEXT, [WORDS, TARGET], TokenCrossentropy(0.1), **ESTIMATORS[name], entropy_bonus=0.1
        ),
    )
    assert np.isfinite(history["loss"]).all()


def test_several_outputs_each_have_their_loss_and_its_weight():
    inner = pooling(two=True)
    model = Reinforce(inner, "reinforce")
    losses = {"label": crossentropy(), "number": "mse"}
    model.compile(
        "adam",
        losses,
        metrics={"label": ["accuracy"]},
        loss_weights={"label": 1.0, "number": 0.5},
        jit_compile=False,
    )
    targets = {"label": LABELS, "number": NUMBERS}
    history = moved(inner, lambda: model.fit(WORDS, targets, batch_size=16, epochs=2, verbose=0).history)
    assert {"label_loss", "number_loss", "label_accuracy"} <= set(history)
    averages = model.estimator.baseline.averages.numpy()
    means = averages[:, 0] / averages[:, 1]
    np.testing.assert_allclose(means, [history["label_loss"][-1], history["number_loss"][-1]], rtol=0.3)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_samples_of_an_example_count_as_one_example(reduction):
    """The loss of several samples is their mean, whatever the reduction; weights are of examples."""
    weights = np.array([1.0, 2.0, 0.0] * 4, "float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
    certain = keras.Sequential([keras.Input((2, 4)), AttentionPooling(hard()), keras.layers.Dense(3)])
    model = Reinforce(certain, samples=5)
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
    words, labels = np.repeat(WORDS[:12, :1], 2, axis=1), LABELS[:12]  # one choice is as good as the other
    expected = float(loss(labels, certain(words), weights))
    assert model.train_on_batch(words, labels, weights)[0] == pytest.approx(expected, rel=1e-5)


LOSSES = {
    "a name": ("mse", NUMBERS[:6], NUMBERS[6:12]),
    "a function": (keras.losses.mean_absolute_error, NUMBERS[:6], NUMBERS[6:12]),
    "masked by its labels": (
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
        NEXT[:6],
        RANDOM_LOGITS := np.random.default_rng(4).normal(size=(6, 5, 9)).astype("float32"),
    ),
    "of words": (TokenCrossentropy(0.1), NEXT[:6], RANDOM_LOGITS),
    "summed": (keras.losses.MeanSquaredError(reduction="sum"), NUMBERS[:6], NUMBERS[6:12]),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_a_credited_loss_is_the_loss(name, weighted, masked):
    from keras_seq.training.reinforce.credited_loss import crediting

    loss, targets, predicted = LOSSES[name]
    plain = loss if isinstance(loss, keras.losses.Loss) else None
    weights = np.arange(6, dtype="float32") if weighted else None
    if weighted and name == "masked by its labels":
        weights = weights[:, None]  # as Keras wants them
    given = keras.ops.convert_to_tensor(predicted)
    if masked and predicted.ndim == 3:
        given._keras_mask = keras.ops.convert_to_tensor(np.arange(5) < 3) & np.ones((6, 1), "bool")
    found = CreditedLoss(loss)
    expected = found(targets, given, weights)
    if plain is not None:
        assert float(expected) == float(plain(targets, given, weights))
    heard = []
    with crediting(lambda loss, elements: heard.append(elements) or elements.losses):
        assert float(found(targets, given, weights)) == pytest.approx(float(expected), rel=1e-6)
    assert tuple(heard[0].losses.shape) == tuple(heard[0].counts.shape) == targets.shape[: predicted.ndim - 1]
    again = CreditedLoss.from_config(found.get_config())
    assert float(again(targets, given, weights)) == float(expected)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["leave one out", "learned", "variational"])
def test_half_precision_trains(name, policy):
    keras.config.set_dtype_policy(policy)
    try:
        model, history = fitted(pooling(), **ESTIMATORS[name])
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(history["loss"]).all()
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")


def test_an_entropy_bonus_keeps_choices_open_and_ends():
    model, _ = fitted(pooling(), entropy_bonus=0.8, entropy_steps=4)
    assert float(model.steps_taken) == 3
    assert float(model._bonus()) == pytest.approx(0.2)
    model.fit(WORDS, LABELS, batch_size=12, verbose=0)
    assert float(model._bonus()) == 0
    entropies = {}
    for bonus in (0.0, 5.0):
        _, history = fitted(pooling(), entropy_bonus=bonus, epochs=8, estimator="enumerate")
        entropies[bonus] = history["entropy"][-1]
    assert entropies[5.0] > entropies[0.0] and entropies[5.0] > 0.9 * np.log(6)


SOFT = {
    "one choice": (pooling, WORDS, LABELS, crossentropy, ESTIMATORS),
    "a decoder": (
        decoder,
        [WORDS, TARGET],
        NEXT,
        TokenCrossentropy,
        ["leave one out", "soft", "variational"],
    ),
}


@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case, (*_, names) in SOFT.items() for name in names]
)
def test_the_soft_steps_are_those_of_soft_attention(case, name):
    make, inputs, targets, loss, _ = SOFT[case]
    model, history = fitted(
        make(), targets, inputs, loss(), **ESTIMATORS[name], entropy_bonus=1.0, soft_steps=3
    )
    soft = make(selection="soft")
    soft.compile(keras.optimizers.SGD(0.5), loss(), metrics=["accuracy"], run_eagerly=True)
    expected = soft.fit(inputs, targets, batch_size=12, shuffle=False, verbose=0).history
    for one, other in zip(model.model.trainable_weights, soft.trainable_weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    assert history["accuracy"] == pytest.approx(expected["accuracy"])


@pytest.mark.parametrize("way", ["eager", "graph"])
def test_behind_the_soft_steps_it_is_chosen(way):
    begun, _ = fitted(pooling(), estimator="enumerate", soft_steps=3)  # exact: without chance
    plain = pooling()
    plain.set_weights(begun.model.get_weights())
    fitted(plain, estimator="enumerate")
    both, _ = fitted(pooling(), estimator="enumerate", soft_steps=3, epochs=2, way=way)
    for one, other in zip(both.model.weights, plain.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_it_is_saved_whole_to_go_on_and_the_inner_model_by_itself(tmp_path):
    model, _ = fitted(pooling(), **ESTIMATORS["learned"], entropy_bonus=0.1, entropy_steps=9, soft_steps=1)
    model.save(tmp_path / "whole.keras")
    model.model.save(tmp_path / "inner.keras")
    whole = keras.models.load_model(tmp_path / "whole.keras")
    inner = keras.models.load_model(tmp_path / "inner.keras")
    for one, other in zip(model.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("estimator", "baseline", "entropy_bonus", "entropy_steps", "soft_steps"):
        assert whole.get_config()[name] == model.get_config()[name]
    expected = model.predict(WORDS, verbose=0)
    np.testing.assert_array_equal(whole.predict(WORDS, verbose=0), expected)
    np.testing.assert_array_equal(inner.predict(WORDS, verbose=0), expected)
    assert int(whole.optimizer.iterations) == 3
    assert whole.fit(WORDS, LABELS, verbose=0).history["loss"]
    whole.export(tmp_path / "exported", verbose=False)
    assert (tmp_path / "exported").is_dir()


def test_what_it_chooses_is_read_off_it():
    model, _ = fitted(pooling())
    (name,) = attention_choices(model, WORDS)
    assert name == "reader/pooling"
    assert attention_choices(model, WORDS)[name].chosen.shape == (32, 1, 6)


def test_a_step_whose_variables_are_there_is_traced_once():
    calls = []

    class Counted(keras.losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            calls.append(1)
            return super().call(y_true, y_pred)

    keras.utils.set_random_seed(0)
    words = keras.Input((6, 4))
    inner = keras.Model(words, keras.layers.Dense(1)(AttentionPooling(hard())(words)))
    model = Reinforce(inner, "reinforce", baseline="learned")
    model.compile("adam", Counted(), jit_compile=False)
    build_all(model, (WORDS[:16], NUMBERS[:16]))
    calls.clear()
    model.fit(WORDS, NUMBERS, batch_size=16, epochs=2, verbose=0)
    assert len(calls) == 1


class Subclassed(keras.Model):
    """A model whose inputs nobody knows before it is called."""

    def __init__(self):
        super().__init__()
        self.dense, self.pooling = keras.layers.Dense(4), AttentionPooling(hard())
        self.logits = keras.layers.Dense(3)

    def call(self, words):
        return self.logits(self.pooling(self.dense(words)))


@pytest.mark.parametrize("name", ["leave one out", "learned", "variational"])
def test_a_subclassed_model_that_was_never_called_trains_too(name):
    inner = Subclassed()
    _, history = fitted(inner, **ESTIMATORS[name])
    assert inner.built and np.isfinite(history["loss"]).all()


MIRRORED = """
import json
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from keras_seq.training import Reinforce
from tests.training.reinforce.models import *
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = Reinforce(pooling(), **ESTIMATORS["learned"], entropy_bonus=0.1)
    model.compile("adam", crossentropy(), metrics=["accuracy"], jit_compile=False)
validation = (WORDS[:20], LABELS[:20])
history = model.fit(WORDS, LABELS, batch_size=16, epochs=2, validation_data=validation, verbose=0).history
assert int(model.steps_taken.numpy()) == 4, model.steps_taken
print(json.dumps(history))
"""
ON_JAX = """
import json
import keras, numpy as np
from keras_seq.losses import TokenCrossentropy
from keras_seq.training import Reinforce
from tests.training.reinforce.models import *
assert keras.backend.backend() == "jax"
history = {}
for name in ("learned", "enumerate"):
    model = Reinforce(pooling(), **ESTIMATORS[name], entropy_bonus=0.1, entropy_steps=9)
    model.compile("adam", crossentropy(), metrics=["accuracy"])
    validation = (WORDS[:20], LABELS[:20])
    history[name] = model.fit(WORDS, LABELS, batch_size=16, validation_data=validation, verbose=0).history
for name in ("variational",):
    model = Reinforce(decoder(), **ESTIMATORS[name])
    model.compile("adam", TokenCrossentropy(0.1))
    history[f"{name}, steps"] = model.fit([WORDS, TARGET], NEXT, batch_size=16, verbose=0).history
print(json.dumps(history))
"""


def told_by(code, **options):
    return json.loads(fresh_process(code, **options).splitlines()[-1])


def test_it_trains_on_several_devices():
    history = told_by(MIRRORED)
    assert np.isfinite(history["loss"]).all() and {"entropy", "baseline", "val_accuracy"} <= set(history)


def test_it_trains_on_jax():
    histories = told_by(ON_JAX, backend="jax")
    assert len(histories) == 3
    for name, history in histories.items():
        assert np.isfinite(history["loss"]).all(), name
        assert history["entropy"][0] > 0, name


def soft():
    words = keras.Input((None, 4))
    return keras.Model(words, keras.layers.Dense(3)(AttentionPooling("additive")(words)))


def two_keys():
    words = keras.Input((None, 4))
    return keras.Model(words, keras.layers.Dense(3)(AttentionPooling(HardAttention(k=2))(words)))


LETTERS = {
    "no such estimator": (
        lambda: Reinforce(pooling(), "reinforced"),
        "Expected 'reinforce', or an Estimator",
    ),
    "no such baseline": (lambda: Reinforce(pooling(), "reinforce", baseline="learnt"), "Expected 'learned'"),
    "an option of another": (
        lambda: Reinforce(pooling(), "reinforce", samples=4),
        "has no samples: leave it out, or use 'leave_one_out'. Received: samples=4",
    ),
    "one sample": (lambda: Reinforce(pooling(), samples=1), "samples must be at least 2"),
    "no model": (lambda: Reinforce("model"), "Reinforce trains a keras.Model. Received: model='model'"),
    "a bonus below 0": (lambda: Reinforce(pooling(), entropy_bonus=-1), "must be at least 0"),
    "a discount above 1": (lambda: Reinforce(pooling(), discount=1.5), "from 0 to 1. Received: discount=1.5"),
    "a discount of what credits nothing": (
        lambda: Reinforce(pooling(), "enumerate", discount=0.5),
        "'enumerate' has no discount",
    ),
    "a temperature of 0": (
        lambda: Reinforce(pooling(), "straight_through", temperature=0.0),
        "temperature must be above 0",
    ),
    **{
        f"nothing chooses, {name}": (
            lambda name=name: fitted(soft(), estimator=name),
            "[Nn]othing in this model",
        )
        for name in ("reinforce", "leave_one_out", "straight_through", "enumerate", "variational")
    },
    "too many positions": (
        lambda: fitted(pooling(), estimator="enumerate", max_positions=5),
        "once for each position, here 6 times the work .* max_positions=5",
    ),
    "several choices to enumerate": (
        lambda: fitted(decoder(), NEXT, [WORDS, TARGET], TokenCrossentropy(), estimator="enumerate"),
        r"n choices among S positions would be S\^n passes",
    ),
    "several keys to enumerate": (
        lambda: fitted(two_keys(), estimator="enumerate"),
        "one key. Received: k=2",
    ),
    "several keys to guide": (lambda: fitted(two_keys(), estimator="variational"), "one key. Received: k=2"),
    "more keys than there are": (
        lambda: fitted(two_keys(), inputs=WORDS[:, :1]),
        "at most as many keys as there are. Received: k=2, and 1 keys",
    ),
    "a loss of the batch": (
        lambda: fitted(pooling(), loss=lambda y_true, y_pred: keras.ops.mean(y_pred)),
        "one number an example",
    ),
    "a loss by a nickname": (lambda: fitted(pooling(), loss="ce"), "categorical_crossentropy, not ce"),
    "nobody knows the targets": (
        lambda: fitted(pooling(), estimator="variational")[0](WORDS, training=True),
        "reads the targets while the model is trained",
    ),
    "nobody takes care": (
        lambda: pooling()(WORDS, training=True),
        "from keras_seq.training import Reinforce\\n    model = Reinforce\\(model\\)",
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_it_says_what_is_wrong(name):
    train, letter = LETTERS[name]
    with pytest.raises(ValueError, match=letter):
        train()


def test_too_many_positions_are_refused_in_a_graph_of_unknown_lengths_too():
    import tensorflow as tf

    data = tf.data.Dataset.from_generator(
        lambda: iter([(WORDS, LABELS)] * 2),
        output_signature=(tf.TensorSpec((None, None, 4)), tf.TensorSpec((None,), "int64")),
    )
    model = Reinforce(pooling(), "enumerate", max_positions=5)
    model.compile("sgd", crossentropy(), jit_compile=False)
    with (
        warnings.catch_warnings(),
        pytest.raises(tf.errors.InvalidArgumentError, match="once for each position"),
    ):
        warnings.simplefilter("ignore")
        model.fit(data, shuffle=False, verbose=0)
    model = Reinforce(pooling(), "enumerate", max_positions=6)
    model.compile("sgd", crossentropy(), jit_compile=False)
    history = model.fit(data, steps_per_epoch=1, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_fewer_keys_are_chosen_where_only_the_mask_tells():
    words, mask = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    context = AttentionPooling(Attention("additive", selection="hard"))(words, mask=mask)
    inner = keras.Model([words, mask], keras.layers.Dense(3)(context))
    keep = np.arange(6) < np.arange(32)[:, None] % 4  # of some nothing is kept
    for name, options in ESTIMATORS.items():
        _, history = fitted(inner, inputs=[WORDS, keep], **options)
        assert np.isfinite(history["loss"]).all(), name
        assert all(np.isfinite(weight).all() for weight in inner.get_weights()), name


def test_tensorboard_is_told_which_positions_are_chosen(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    callback = ChosenPositions(tmp_path, WORDS)
    model, _ = fitted(pooling(), fit={"callbacks": [callback]}, epochs=2)
    choice = attention_choices(model, WORDS)["reader/pooling"]
    (positions, different, entropy) = callback.found()["reader/pooling"]
    np.testing.assert_array_equal(np.sort(positions), np.sort(choice.chosen[:, 0].argmax(-1)))
    assert different == 1 and entropy == pytest.approx(choice.entropy.mean())
    events = EventAccumulator(str(tmp_path)).Reload()
    assert {"reader/pooling/chosen_position", "reader/pooling/entropy"} <= set(events.Tags()["tensors"])


def test_where_that_cannot_be_written_it_is_said_once_and_training_goes_on(tmp_path):
    import tensorflow as tf

    (tmp_path / "chosen").write_text("here no folder can be made")
    told = []
    callback = ChosenPositions(tmp_path / "chosen", WORDS, Tolerant(told.append))
    fitted(pooling(), fit={"callbacks": [callback]}, epochs=2)
    assert len(told) == 2 and told[0].startswith("The log of choices could not be saved: ")
    callback.tolerant = strictly
    with pytest.raises(tf.errors.OpError):
        callback.on_epoch_end(2)
