"""Callbacks on a model of one weight, whose course is known beforehand."""

import io

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_seq.errors import InputError
from keras_seq.training import BestWeights, ProgressLine, StopOnNan

X, Y = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")


def one_weight(learning_rate=0.0):
    """y = w x; with targets 0 the loss is w²."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(learning_rate), "mse", jit_compile=False)
    return model


def set_by_epoch(values):
    """A callback that puts a known weight in place before each epoch."""

    class Set(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.set_weights([np.array([[values[epoch]]], "float32")])

    return Set()


def weight(model):
    return float(model.get_weights()[0][0, 0])


def fit(values, *callbacks, validation=True, model=None):
    model = model or one_weight()
    data = (X, Y) if validation else None
    history = model.fit(
        X,
        Y,
        epochs=len(values),
        validation_data=data,
        callbacks=[set_by_epoch(values), *callbacks],
        verbose=0,
    )
    return model, history


def test_training_ends_with_the_weights_of_the_best_validation():
    saved = []
    best = BestWeights("loss", mode="min", save=lambda model: saved.append(weight(model)))
    model, _ = fit([3.0, 1.0, 2.0], best)
    assert (weight(model), best.best, saved) == (1.0, 1.0, [3.0, 1.0])


def test_it_stops_when_patience_is_spent_and_not_before():
    _, history = fit([1.0, 2.0, 3.0, 4.0, 5.0], BestWeights("loss", mode="min", patience=2))
    assert len(history.epoch) == 3
    _, history = fit([1.0, 2.0, 0.5, 4.0, 5.0], BestWeights("loss", mode="min", patience=2))
    assert len(history.epoch) == 5


def test_where_it_stood_before_an_interruption_counts():
    earlier, best = (BestWeights("loss", mode="min", patience=2) for _ in range(2))
    fit([0.5, 1.0], earlier)
    best.put_back(*earlier.state())
    model, history = fit([1.0, 2.0], best)
    assert (weight(model), len(history.epoch)) == (0.5, 1)


def test_a_metric_that_is_no_number_is_never_the_best():
    best = BestWeights("loss", mode="min")
    model, _ = fit([np.nan, 2.0, np.nan], best)
    assert (weight(model), best.best) == (2.0, 4.0)


def test_without_validation_the_last_weights_stay_and_each_epoch_is_saved():
    saved = []
    model, _ = fit(
        [3.0, 1.0, 2.0], BestWeights("loss", save=lambda model: saved.append(weight(model))), validation=False
    )
    assert (weight(model), saved) == (2.0, [3.0, 1.0, 2.0])


def test_the_weights_that_are_kept_are_the_averaged_ones_that_were_validated():
    model = one_weight()
    model.compile(keras.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5), "mse", jit_compile=False)
    model.set_weights([np.array([[4.0]], "float32")])
    best = BestWeights("loss", mode="min")
    model.fit(
        X, Y, validation_data=(X, Y), epochs=1, callbacks=[best, keras.callbacks.SwapEMAWeights()], verbose=0
    )
    # One step: w = 4 - 0.25 · 2 · 4 = 2. Keras' average begins with the weight after the first step.
    assert best.best == pytest.approx(weight(model) ** 2)


def test_a_mode_that_is_none_is_refused():
    with pytest.raises(ValueError, match="mode is 'max' or 'min'. Received: mode='up'"):
        BestWeights("loss", mode="up")


def test_a_loss_that_is_no_number_stops_at_its_step_and_says_what_to_try():
    with pytest.raises(InputError) as caught:
        one_weight().fit(X, Y * np.nan, batch_size=4, epochs=2, callbacks=[StopOnNan()], verbose=0)
    assert "The loss became nan at step 1 of epoch 1" in str(caught.value)
    assert "learning_rate" in str(caught.value)


def test_piped_progress_is_plain_lines_with_loss_and_metric():
    told = io.StringIO()
    line = ProgressLine("loss", steps=1, console=Console(file=told))
    fit([2.0, 1.0], line)
    first, second = told.getvalue().splitlines()
    assert first.startswith("epoch 1/2") and "loss 4.0000" in first and "validation: loss 4.0000" in first
    assert second.startswith("epoch 2/2") and "validation: loss 1.0000" in second


def test_steps_that_an_earlier_training_did_are_not_counted():
    line = ProgressLine("loss", steps=10, passed=4, console=Console(file=io.StringIO()))
    line.set_params({"epochs": 1})
    line.on_train_begin()
    line.on_epoch_begin(0)
    for batch in range(7):
        line.on_train_batch_end(batch, {"loss": 1.0})
    assert line._steps_done == 3
    line._begun = 0.0
    assert line._remaining(30.0) == "  remaining 0:30"  # three steps in 30 s, three to come
